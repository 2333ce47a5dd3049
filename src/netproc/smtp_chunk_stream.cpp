// Chunk after chunk.
#include "netproc/smtp_chunk_stream.hpp"

#include "netproc/smtp_body.hpp"
#include "netproc/smtp_envelope.hpp"
#include "netproc/smtp_verdict.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace msmtp {

namespace {

constexpr std::string_view line_end = "\r\n";

// "BDAT 131059 LAST" and CRLF fit.
constexpr std::size_t room_for_command = 32;

// With its command a full chunk is 128 KiB, so that TLS records are full as well. Larger ones would be slow to tell
// that a server on a slow line is still being written to.
constexpr std::size_t chunk_size = std::size_t{128} * 1024 - std::string_view("BDAT 131059\r\n").size();

// One chunk is in memory: before it the room for its command, behind it that for QUIT, so that all goes in one write.
class ChunkSender {
 public:
  ChunkSender(SmtpConnection& server, const Capabilities& offer, ParentChannel& parent)
      : server_(server),
        parent_(parent),
        body_(offer, parent),
        buffer_(std::make_unique_for_overwrite<char[]>(room_for_command + chunk_size + server.last_words().size())) {}

  Result<void> pass_on();
  Result<void> end();

 private:
  Result<void> take(std::string_view bytes);
  Result<void> flush();
  Result<void> send(bool last);
  Result<void> hear_replies();
  Unexpected stop(const Reply& reply);
  char* content() { return buffer_.get() + room_for_command; }

  SmtpConnection& server_;
  ParentChannel& parent_;
  MailBody body_;
  std::unique_ptr<char[]> buffer_;
  std::size_t filled_ = 0;
  std::size_t unanswered_ = 0;
};

Result<void> ChunkSender::pass_on() {
  for (;;) {
    const auto bytes = TRY(body_.next(filled_ != 0));
    if (!bytes) return {};
    TRY(bytes->empty() ? flush() : take(*bytes));
  }
}

Result<void> ChunkSender::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (filled_ == chunk_size) TRY(flush());
    const std::size_t size = std::min(bytes.size(), chunk_size - filled_);
    std::copy_n(bytes.begin(), size, content() + filled_);
    filled_ += size;
    bytes.remove_prefix(size);
  }
  return {};
}

// The server's replies are taken from it before each chunk, so that it never has to wait with them.
Result<void> ChunkSender::flush() {
  if (filled_ == 0) return {};
  TRY(hear_replies());
  auto sent = send(false);
  if (!sent && server_.has_input()) TRY(hear_replies());
  return sent;
}

Result<void> ChunkSender::send(bool last) {
  const CommandLine command = bdat_command(filled_, last);
  const std::size_t command_size = command.view().size() + line_end.size();
  char* const begin = content() - command_size;
  std::copy(line_end.begin(), line_end.end(), std::copy(command.view().begin(), command.view().end(), begin));
  char* end = content() + filled_;
  const std::string_view farewell = last ? server_.last_words() : std::string_view();
  end = std::copy(farewell.begin(), farewell.end(), end);
  filled_ = 0;
  ++unanswered_;
  return server_.send_flight({begin, static_cast<std::size_t>(end - begin)}, command_size, !farewell.empty(),
                             Step::content);
}

// Those that are there.
Result<void> ChunkSender::hear_replies() {
  while (server_.has_input()) {
    auto reply = server_.read_reply(Step::content);
    if (!reply || unanswered_ == 0) return early_verdict(server_, std::move(reply));
    --unanswered_;
    if (reply->code != 250) return stop(*reply);
  }
  return {};
}

Unexpected ChunkSender::stop(const Reply& reply) {
  (void)hear_the_rest(server_, unanswered_);
  server_.call_off();
  return chunk_refused(reply);
}

// The last chunk does not wait for the replies to those before it: a server that has refused one refuses all that
// follow (RFC 3030, 2).
Result<void> ChunkSender::end() {
  TRY(hear_replies());
  TRY(parent_.send(BodySent{}));
  auto sent = send(true);
  if (!sent && !server_.has_input()) return fail(unknown_status(std::move(sent.error())));
  for (; unanswered_ > 1; --unanswered_) {
    auto reply = server_.read_reply(Step::delivery);
    if (!reply) return fail(unknown_status(std::move(reply.error())));
    if (reply->code == 250) continue;
    const auto last = hear_the_rest(server_, unanswered_ - 1);
    Error error = chunk_refused(*reply).error;
    if (reply->is_refusal() || (last && last->is_refusal())) return fail(std::move(error));
    return fail(unknown_status(std::move(error)));
  }
  return {};
}

}  // namespace

Result<void> send_chunk_stream(SmtpConnection& server, const Capabilities& offer, ParentChannel& parent) {
  TRY(parent.send(BodyWanted{}));
  ChunkSender sender(server, offer, parent);
  TRY(sender.pass_on());
  return sender.end();
}

Unexpected chunk_refused(const Reply& reply) {
  if (reply.is_refusal()) return not_accepted(reply);
  return refused(ExitCode::protocol, "the server's reply to a part of the mail says neither yes nor no", reply);
}

std::optional<Reply> hear_the_rest(SmtpConnection& server, std::size_t outstanding) {
  const Deadline deadline = server.timers().start(Step::data).or_earlier(Deadline::in(patience_after_refusal));
  std::optional<Reply> last;
  for (; outstanding != 0; --outstanding) {
    auto reply = server.read_reply(Step::content, deadline);
    if (!reply) return std::nullopt;
    last = std::move(*reply);
  }
  return last;
}

}  // namespace msmtp
