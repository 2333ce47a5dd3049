// Reading of replies.
#include "netproc/reply_reader.hpp"

#include <chrono>
#include <span>
#include <string>

namespace msmtp {

namespace {

constexpr std::size_t buffer_size = 16 * 1024;

// The least that lets a stream try at all.
constexpr std::chrono::milliseconds patience_with_records(1);

}  // namespace

ReplyReader::ReplyReader(Stream& stream)
    : stream_(&stream), buffer_(std::make_unique_for_overwrite<char[]>(buffer_size)) {}

Result<Reply> ReplyReader::next(const Deadline& deadline) {
  for (;;) {
    switch (parser_.feed(unread_)) {
      case ReplyParser::State::complete: return parser_.take();
      case ReplyParser::State::malformed: return Unexpected{malformed()};
      case ReplyParser::State::incomplete: break;
    }
    if (!ended_) {
      const std::size_t size = TRY(stream_->read(std::span(buffer_.get(), buffer_size), deadline));
      unread_ = std::string_view(buffer_.get(), size);
      ended_ = size == 0;
    }
    if (ended_) return Unexpected{{ExitCode::protocol, "the server closed the connection", parser_.take().text}};
  }
}

Error ReplyReader::malformed() {
  std::string text = "the server sent " + std::string(parser_.fault());
  return {ExitCode::protocol, std::move(text), parser_.take().text};
}

bool ReplyReader::has_input() {
  if (ended_ || !unread_.empty() || parser_.has_begun()) return true;
  if (!stream_->has_input()) return false;
  // Under TLS there may be records without data for us, for example session tickets. Only reading can tell, and an
  // error shows again in whatever is done next.
  auto size = stream_->read(std::span(buffer_.get(), buffer_size), Deadline::in(patience_with_records));
  if (!size) return false;
  unread_ = std::string_view(buffer_.get(), *size);
  ended_ = *size == 0;
  return true;
}

void ReplyReader::switch_to(Stream& stream) {
  stream_ = &stream;
  unread_ = {};
  ended_ = false;
  parser_ = ReplyParser();
}

}  // namespace msmtp
