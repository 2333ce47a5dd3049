// The content of a mail in a session: from the client to the parent in large pieces, counted, or dropped.
#include "netproc/smtp_server.hpp"

#include "netproc/server_data.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

namespace msmtp {

// False when the parent does not want it; then the client has its reply, and there is no mail any more.
// ALL_FOLLOWS: nothing more than what the client has announced already.
Result<bool> SmtpServer::begin_content(bool all_follows) {
  TRY(parent_.send(Content{}));
  const ClientAnswer answer = TRY(parent_answer());
  octets_ = 0;
  chunk_size_ = 0;
  given_up_.reset();
  hop_counter_ = {};
  passing_on_ = answer.code < 400;
  if (!passing_on_) TRY(pronounce(dialogue_.content_unwanted(answer, all_follows)));
  return passing_on_;
}

Result<void> SmtpServer::end_content(bool all_came) {
  passing_on_ = false;
  if (given_up_) return pronounce(dialogue_.content_given_up(*given_up_, all_came));
  TRY(flush_chunk());
  TRY(parent_.send(ChunkEnd{octets_}));
  TRY(flush());  // what was answered before must not wait for the mail to be sent
  const ClientAnswer answer = TRY(parent_answer());
  return pronounce(dialogue_.content_answered(answer));
}

Result<void> SmtpServer::receive_data() {
  DataDecoder decoder(client_speaks_lf_ ? LineEnds::lf : LineEnds::crlf);
  const auto plain = std::make_unique_for_overwrite<char[]>(max_body_piece);
  Deadline deadline = idle();
  std::size_t since = 0;
  while (!decoder.ended()) {
    if (unread_.empty()) TRY(need_more(deadline));
    const auto step = decoder.decode(unread_, std::span(plain.get(), max_body_piece));
    unread_.remove_prefix(step.taken);
    TRY(pass_on({plain.get(), step.written}));
    if ((since += step.taken) < max_body_piece) continue;
    since = 0;
    deadline = idle();
  }
  return {};
}

Result<void> SmtpServer::receive_octets(std::uint64_t size) {
  Deadline deadline = idle();
  std::size_t since = 0;
  while (size > 0) {
    if (unread_.empty()) TRY(need_more(deadline));
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(size, unread_.size()));
    TRY(pass_on(unread_.substr(0, count)));
    unread_.remove_prefix(count);
    size -= count;
    if ((since += count) < max_body_piece) continue;
    since = 0;
    deadline = idle();
  }
  return {};
}

// Collected to large pieces, however small those are in which they come.
Result<void> SmtpServer::pass_on(std::string_view bytes) {
  if (!passing_on_) return {};
  octets_ += bytes.size();
  if (settings_.size_limit > 0 && octets_ > settings_.size_limit) {
    return give_up_content({552, "5.3.4 the mail is too large"});
  }
  hop_counter_.add(bytes);
  if (hop_counter_.hops() > max_hops) {
    return give_up_content({554, "5.4.6 the mail has passed too many servers; it goes in circles"});
  }
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), max_body_piece - chunk_size_);
    std::memcpy(chunk_.get() + chunk_size_, bytes.data(), count);
    chunk_size_ += count;
    bytes.remove_prefix(count);
    if (chunk_size_ == max_body_piece) TRY(flush_chunk());
  }
  return {};
}

Result<void> SmtpServer::flush_chunk() {
  if (chunk_size_ == 0) return {};
  const auto bytes = BytesView<max_body_piece>::from({chunk_.get(), chunk_size_});
  chunk_size_ = 0;
  return parent_.send(Chunk{*bytes});
}

// The rest of it is read and dropped.
Result<void> SmtpServer::give_up_content(const Refusal& refusal) {
  passing_on_ = false;
  given_up_ = refusal;
  return parent_.send(Abandoned{});
}

}  // namespace msmtp
