// Content and verdict.
#include "netproc/smtp_content.hpp"

#include "common/dot_stuffing.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

namespace msmtp {

namespace {

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::string_view quit_line = "QUIT\r\n";

// A mail that comes slowly is passed on as it comes, so that the server does not take us for dead.
constexpr std::chrono::seconds longest_hold(5);

Error unknown_status(Error error) {
  error.code = ExitCode::temporary_failure;
  error.text += "; the status of the mail is unknown";
  return error;
}

Unexpected not_accepted(const Reply& reply) {
  return refused(delivery_failure_code(reply), "the server did not accept the mail", reply);
}

// What came from the parent and is not yet written. The last piece stays here until the end is known, because the end
// goes with it.
class ContentSender {
 public:
  ContentSender(SmtpConnection& server, const Capabilities& offer, ParentChannel& parent)
      : server_(server),
        offer_(offer),
        parent_(parent),
        buffer_(std::make_unique_for_overwrite<char[]>(piece_size + end_of_data.size() + quit_line.size())) {}

  Result<void> pass_on();
  Result<void> end(std::size_t replies, bool with_quit);

 private:
  Result<std::variant<Body, BodyEnd>> next_message();
  Result<void> take(std::string_view bytes);
  Result<void> check_end(const BodyEnd& end) const;
  Result<void> flush();
  Result<void> early_verdict();
  void append(std::string_view tail);
  std::string_view held() const { return {buffer_.get(), filled_}; }

  SmtpConnection& server_;
  const Capabilities& offer_;
  ParentChannel& parent_;
  std::unique_ptr<char[]> buffer_;
  std::size_t filled_ = 0;
  DotStuffer stuffer_;
  std::uint64_t octets_ = 0;
};

// All up to BodyEnd.
Result<void> ContentSender::pass_on() {
  for (;;) {
    auto message = TRY(next_message());
    if (const auto* end = std::get_if<BodyEnd>(&message)) return check_end(*end);
    TRY(take(std::get<Body>(message).bytes.view()));
  }
}

Result<std::variant<Body, BodyEnd>> ContentSender::next_message() {
  if (filled_ != 0) {
    auto message = parent_.expect<Body, BodyEnd>(Deadline::in(longest_hold));
    if (message || message.error().cause != Cause::peer_silent) return message;
    TRY(flush());
  }
  return parent_.expect<Body, BodyEnd>(Deadline::never());
}

Result<void> ContentSender::take(std::string_view bytes) {
  octets_ += bytes.size();
  if (offer_.size_limit != 0 && octets_ > offer_.size_limit) {
    return fail(ExitCode::data_error,
                "the mail is larger than the server takes: at most " + std::to_string(offer_.size_limit) + " bytes");
  }
  while (!bytes.empty()) {
    if (filled_ == piece_size) TRY(flush());
    const auto step = stuffer_.stuff(bytes, std::span(buffer_.get() + filled_, piece_size - filled_));
    bytes.remove_prefix(step.taken);
    filled_ += step.written;
  }
  return {};
}

Result<void> ContentSender::check_end(const BodyEnd& end) const {
  if (end.octets != octets_) return fail(parent_.socket().lied("a BodyEnd with a wrong count"));
  if (!stuffer_.at_line_start()) return fail(parent_.socket().lied("a mail whose last line has no end"));
  return {};
}

Result<void> ContentSender::flush() {
  if (server_.has_input()) return early_verdict();
  auto sent = server_.send_content(held(), Step::content);
  filled_ = 0;
  if (!sent && server_.has_input()) return early_verdict();
  return sent;
}

// The server has spoken before the end, or closed the connection. Whatever it says, the mail is not delivered.
Result<void> ContentSender::early_verdict() {
  auto reply = server_.read_reply(Step::content);
  server_.abandon();
  if (!reply && server_.has_ended())
    return fail(ExitCode::io_error, "network write error: the server closed the connection");
  if (!reply) return fail(std::move(reply.error()));
  if (reply->is_refusal()) return not_accepted(*reply);
  return refused(ExitCode::protocol, "the server replied before the end of the mail", *reply);
}

void ContentSender::append(std::string_view tail) {
  std::copy(tail.begin(), tail.end(), buffer_.get() + filled_);
  filled_ += tail.size();
}

Result<void> ContentSender::end(std::size_t replies, bool with_quit) {
  if (server_.has_input()) return early_verdict();
  append(end_of_data);
  if (with_quit) append(quit_line);
  TRY(parent_.send(BodySent{}));
  auto sent = server_.send_last_content(held(), replies, with_quit, Step::content);
  // A reply that is there in spite of the error is the verdict, as any other.
  if (!sent && !server_.has_input()) return fail(unknown_status(std::move(sent.error())));
  return {};
}

std::size_t replies_to_content(const MailTransaction& mail, Protocol protocol) {
  return protocol == Protocol::lmtp ? mail.recipients.size() : 1;
}

Result<Reply> final_reply(SmtpConnection& server) {
  auto reply = server.read_reply(Step::delivery);
  if (!reply) return fail(unknown_status(std::move(reply.error())));
  if (reply->code == 250 || reply->is_refusal()) return reply;
  return fail(
      unknown_status(refused(ExitCode::protocol, "the server's last reply says neither yes nor no", *reply).error));
}

Result<std::string> await_each_delivery(SmtpConnection& server, const MailTransaction& mail, ParentChannel& parent) {
  bool any_refused = false;
  bool any_temporary = false;
  for (std::uint32_t i = 0; i < mail.recipients.size(); ++i) {
    const Reply reply = TRY(final_reply(server));
    if (!reply.is_refusal()) continue;
    any_refused = true;
    any_temporary = any_temporary || reply.is_temporary_failure();
    TRY(parent.send(RecipientRefused{i, Text<max_reply_text>::cut(reply.text)}));
  }
  if (!any_refused) return std::string();
  return fail(any_temporary ? ExitCode::temporary_failure : ExitCode::data_error,
              "the server did not accept the mail for all recipients");
}

}  // namespace

Result<void> send_content(SmtpConnection& server, const Capabilities& offer, const MailTransaction& mail,
                          Protocol protocol, ParentChannel& parent) {
  TRY(parent.send(BodyWanted{}));
  ContentSender sender(server, offer, parent);
  TRY(sender.pass_on());
  return sender.end(replies_to_content(mail, protocol), offer.pipelining);
}

Result<std::string> await_delivery(SmtpConnection& server, const MailTransaction& mail, Protocol protocol,
                                   ParentChannel& parent) {
  if (protocol == Protocol::lmtp) return await_each_delivery(server, mail, parent);
  const Reply reply = TRY(final_reply(server));
  if (reply.is_refusal()) return not_accepted(reply);
  return reply.text;
}

}  // namespace msmtp
