// MAIL, RCPT, DATA.
#include "netproc/smtp_envelope.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>

namespace msmtp {

namespace {

// How much may be on its way without a reply. It fits into the receive buffer of any server, so writing never blocks
// on a server that waits for us to read its replies, and it is the flight of some thousand recipients.
constexpr std::size_t max_unanswered = 48 * 1024;

class EnvelopeFlight {
 public:
  EnvelopeFlight(SmtpConnection& server, const MailTransaction& mail) : server_(server), mail_(mail), replies_(mail) {}

  Result<Refusals> send(const Capabilities& offer, bool with_data);

 private:
  Result<void> one_by_one();
  Result<void> pipelined();
  Step step_of(std::size_t index) const;
  Result<void> judge(std::size_t index, const Reply& reply);
  Result<void> send_more();
  void hear_the_rest();

  SmtpConnection& server_;
  const MailTransaction& mail_;
  EnvelopeReplies replies_;
  std::vector<CommandLine> commands_;  // MAIL, RCPT..., perhaps DATA
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::size_t unanswered_bytes_ = 0;
};

Result<Refusals> EnvelopeFlight::send(const Capabilities& offer, bool with_data) {
  commands_ = TRY(envelope_commands(mail_, offer));
  if (with_data) commands_.push_back(fixed_command("DATA"));
  TRY(offer.pipelining ? pipelined() : one_by_one());
  return replies_.take_refusals();
}

Step EnvelopeFlight::step_of(std::size_t index) const {
  if (index == 0) return Step::mail;
  return index <= mail_.recipients.size() ? Step::recipient : Step::data;
}

Result<void> EnvelopeFlight::judge(std::size_t index, const Reply& reply) {
  if (index <= mail_.recipients.size()) return replies_.take(reply);
  if (reply.code == 354) return {};
  return refused(delivery_failure_code(reply), "the server does not accept mail data", reply);
}

Result<void> EnvelopeFlight::one_by_one() {
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    const Reply reply = TRY(server_.exchange(commands_[i], step_of(i)));
    TRY(judge(i, reply));
  }
  return {};
}

// Fills up to max_unanswered, but only when half of that is free: a command at a time would be a packet at a time.
Result<void> EnvelopeFlight::send_more() {
  if (unanswered_bytes_ > max_unanswered / 2) return {};
  const std::size_t first = sent_;
  while (sent_ < commands_.size()) {
    const std::size_t size = commands_[sent_].view().size() + 2;
    if (unanswered_bytes_ + size > max_unanswered) break;
    unanswered_bytes_ += size;
    ++sent_;
  }
  if (sent_ == first) return {};
  return server_.send_group(std::span(commands_).subspan(first, sent_ - first), step_of(answered_));
}

Result<void> EnvelopeFlight::pipelined() {
  Result<void> sent = server_.has_input() ? Result<void>() : send_more();
  while (answered_ < commands_.size()) {
    // When writing has failed, the server may have said why before it went away.
    if (!sent && !server_.has_input()) return sent;
    const Reply reply = TRY(server_.read_reply(step_of(answered_)));
    const bool unasked = answered_ == sent_;
    Result<void> verdict = judge(answered_, reply);
    ++answered_;
    if (!verdict && sent) hear_the_rest();
    if (!verdict) return verdict;
    if (unasked) {
      server_.abandon();
      return refused(ExitCode::protocol, "the server replied before it was asked", reply);
    }
    unanswered_bytes_ -= commands_[answered_ - 1].view().size() + 2;
    if (sent) sent = send_more();
  }
  return {};
}

// After a refusal nothing more is sent. The replies under way decide whether there can be a polite end: not when the
// server has said 354 in spite of the refusal, for then only silence delivers to nobody.
void EnvelopeFlight::hear_the_rest() {
  const Deadline deadline = server_.timers().start(Step::data).or_earlier(Deadline::in(patience_after_refusal));
  for (; answered_ < sent_; ++answered_) {
    if (!server_.read_reply(step_of(answered_), deadline)) return;
  }
}

}  // namespace

Result<void> check_offer(const MailTransaction& mail, const Capabilities& offer) {
  const Envelope& envelope = mail.envelope;
  const bool wants_dsn = !envelope.dsn_notify.empty() || !envelope.dsn_return.empty();
  if (wants_dsn && !offer.dsn) return fail(ExitCode::unavailable, "the server does not support DSN");
  if (envelope.smtputf8 && !offer.smtputf8) {
    return fail(ExitCode::data_error, "an address needs SMTPUTF8, which the server does not support");
  }
  if (envelope.size_known && offer.size_limit != 0 && envelope.size > offer.size_limit) {
    return fail(ExitCode::data_error, "the mail is larger than the server takes: " + std::to_string(envelope.size) +
                                          " bytes, at most " + std::to_string(offer.size_limit));
  }
  return {};
}

Result<void> EnvelopeReplies::take(const Reply& reply) {
  const std::size_t index = heard_++;
  if (index != 0) return take_recipient(index - 1, reply);
  if (reply.code == 250) return {};
  return refused(delivery_failure_code(reply),
                 "envelope from address " + mail_.envelope.reverse_path.str() + " not accepted by the server", reply);
}

// A server that shuts down refuses everything, and with a reply that neither takes nor refuses nobody knows where the
// mail would go.
Result<void> EnvelopeReplies::take_recipient(std::size_t index, const Reply& reply) {
  constexpr int closing = 421;
  if (reply.code == 250 || reply.code == 251) return {};
  const bool kept = mail_.envelope.partial && reply.is_refusal() && reply.code != closing;
  if (kept) refusals_.push_back({static_cast<std::uint32_t>(index), reply});
  if (kept && refusals_.size() < mail_.recipients.size()) return {};
  const RcptRefusal named = kept ? worst_refusal() : RcptRefusal{static_cast<std::uint32_t>(index), reply};
  const std::string address = mail_.recipients[named.index].forward_path.str();
  return refused(delivery_failure_code(named.reply), "recipient address " + address + " not accepted by the server",
                 named.reply);
}

// The first that is worth another attempt: a caller who is told of a permanent one gives the mail up.
const RcptRefusal& EnvelopeReplies::worst_refusal() const {
  const auto temporary = std::find_if(refusals_.begin(), refusals_.end(),
                                      [](const RcptRefusal& refusal) { return refusal.reply.is_temporary_failure(); });
  return temporary == refusals_.end() ? refusals_.front() : *temporary;
}

Result<std::vector<CommandLine>> envelope_commands(const MailTransaction& mail, const Capabilities& offer) {
  std::vector<CommandLine> commands;
  commands.reserve(mail.recipients.size() + 2);
  commands.push_back(TRY(mail_command(mail.envelope, offer)));
  for (const Recipient& recipient : mail.recipients) {
    commands.push_back(TRY(rcpt_command(recipient, mail.envelope)));
  }
  return commands;
}

Result<Refusals> send_envelope(SmtpConnection& server, const MailTransaction& mail, const Capabilities& offer) {
  return EnvelopeFlight(server, mail).send(offer, true);
}

Result<Refusals> send_envelope_without_data(SmtpConnection& server, const MailTransaction& mail,
                                            const Capabilities& offer) {
  return EnvelopeFlight(server, mail).send(offer, false);
}

}  // namespace msmtp
