// Content and verdict.
#include "netproc/smtp_content.hpp"

#include "common/dot_stuffing.hpp"
#include "netproc/smtp_body.hpp"
#include "netproc/smtp_verdict.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace msmtp {

namespace {

// What came from the parent and is not yet written. The last piece stays here until the end is known, because the end
// goes with it.
class ContentSender {
 public:
  ContentSender(SmtpConnection& server, const Capabilities& offer, ParentChannel& parent)
      : server_(server),
        parent_(parent),
        body_(offer, parent),
        buffer_(std::make_unique_for_overwrite<char[]>(body_piece_size + end_of_data.size() +
                                                       server.last_words().size())) {}

  Result<void> pass_on();
  Result<void> end(std::size_t replies, bool with_quit);

 private:
  Result<void> take(std::string_view bytes);
  Result<void> flush();
  Unexpected hear_early_verdict() { return early_verdict(server_, server_.read_reply(Step::content)); }
  void append(std::string_view tail);
  std::string_view held() const { return {buffer_.get(), filled_}; }

  SmtpConnection& server_;
  ParentChannel& parent_;
  MailBody body_;
  std::unique_ptr<char[]> buffer_;
  std::size_t filled_ = 0;
  DotStuffer stuffer_;
};

Result<void> ContentSender::pass_on() {
  for (;;) {
    const auto bytes = TRY(body_.next(filled_ != 0));
    if (!bytes) return {};
    TRY(bytes->empty() ? flush() : take(*bytes));
  }
}

Result<void> ContentSender::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (filled_ == body_piece_size) TRY(flush());
    const auto step = stuffer_.stuff(bytes, std::span(buffer_.get() + filled_, body_piece_size - filled_));
    bytes.remove_prefix(step.taken);
    filled_ += step.written;
  }
  return {};
}

Result<void> ContentSender::flush() {
  if (filled_ == 0) return {};
  if (server_.has_input()) return hear_early_verdict();
  auto sent = server_.send_content(held(), Step::content);
  filled_ = 0;
  if (!sent && server_.has_input()) return hear_early_verdict();
  return sent;
}

void ContentSender::append(std::string_view tail) {
  std::copy(tail.begin(), tail.end(), buffer_.get() + filled_);
  filled_ += tail.size();
}

Result<void> ContentSender::end(std::size_t replies, bool with_quit) {
  if (server_.has_input()) return hear_early_verdict();
  append(end_of_data);
  if (with_quit) append(server_.last_words());
  TRY(parent_.send(BodySent{}));
  auto sent = server_.send_last_content(held(), replies, with_quit, Step::content);
  // A reply that is there in spite of the error is the verdict, as any other.
  if (!sent && !server_.has_input()) return fail(unknown_status(std::move(sent.error())));
  return {};
}

// What is told to the parent about those who do not get the mail, and with which code it ends.
class RefusalReport {
 public:
  explicit RefusalReport(ParentChannel& parent) : parent_(parent) {}

  Result<void> add(std::uint32_t index, const Reply& reply) {
    any_ = true;
    any_temporary_ = any_temporary_ || reply.is_temporary_failure();
    return parent_.send(RecipientRefused{index, Text<max_reply_text>::cut(reply.text)});
  }
  // REPLY: what the server said to the others, or "".
  Result<std::string> end(const std::string& reply) const {
    if (!any_) return reply;
    return Unexpected{{any_temporary_ ? ExitCode::temporary_failure : ExitCode::data_error,
                       "the server did not accept the mail for all recipients", reply, Cause::plain}};
  }

 private:
  ParentChannel& parent_;
  bool any_ = false;
  bool any_temporary_ = false;
};

// Those whom it has refused before the content get no reply to it (RFC 2033, 4.2).
Result<std::string> await_each_delivery(SmtpConnection& server, const MailTransaction& mail, const Refusals& refusals,
                                        ParentChannel& parent) {
  RefusalReport report(parent);
  auto refusal = refusals.begin();
  for (std::uint32_t i = 0; i < mail.recipients.size(); ++i) {
    if (refusal != refusals.end() && refusal->index == i) {
      TRY(report.add(i, refusal->reply));
      ++refusal;
      continue;
    }
    const Reply reply = TRY(final_reply(server));
    if (reply.is_refusal()) TRY(report.add(i, reply));
  }
  return report.end("");
}

}  // namespace

Result<void> send_content(SmtpConnection& server, const Capabilities& offer, std::size_t replies,
                          ParentChannel& parent) {
  TRY(parent.send(BodyWanted{}));
  ContentSender sender(server, offer, parent);
  TRY(sender.pass_on());
  return sender.end(replies, offer.pipelining && !server.stays());
}

Result<std::string> await_delivery(SmtpConnection& server, const MailTransaction& mail, const Refusals& refusals,
                                   Protocol protocol, ParentChannel& parent) {
  if (protocol == Protocol::lmtp) return await_each_delivery(server, mail, refusals, parent);
  const Reply reply = TRY(final_reply(server));
  if (reply.is_refusal()) return not_accepted(reply);
  RefusalReport report(parent);
  for (const RcptRefusal& refusal : refusals) TRY(report.add(refusal.index, refusal.reply));
  return report.end(reply.text);
}

}  // namespace msmtp
