// The envelope: MAIL, RCPT and DATA, in one flight where the server can take it.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/smtp_connection.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace msmtp {

struct MailTransaction {
  Envelope envelope;
  std::vector<Recipient> recipients;
};

// Whether a server with OFFER can take MAIL at all. EX_UNAVAILABLE: it lacks DSN; EX_DATAERR: it lacks SMTPUTF8, or the
// mail is larger than it takes.
Result<void> check_offer(const MailTransaction& mail, const Capabilities& offer);

// A recipient whom the server has refused although the mail goes on to the others.
struct RcptRefusal {
  std::uint32_t index;  // in the order of the recipients
  Reply reply;
};
using Refusals = std::vector<RcptRefusal>;  // in ascending order

// The replies to MAIL and to each RCPT, one after the other.
class EnvelopeReplies {
 public:
  explicit EnvelopeReplies(const MailTransaction& mail) : mail_(mail) {}

  bool are_complete() const { return heard_ == mail_.recipients.size() + 1; }
  // What is awaited next.
  Step step() const { return heard_ == 0 ? Step::mail : Step::recipient; }
  // Takes the next reply. A refusal is the failure of the whole, EX_TEMPFAIL when it is temporary, else EX_DATAERR; but
  // where the envelope allows it, that of one recipient is only kept as long as the server takes another; when it takes
  // none, a temporary refusal is the failure of the whole, if there is one.
  Result<void> take(const Reply& reply);
  Refusals take_refusals() { return std::move(refusals_); }

 private:
  Result<void> take_recipient(std::size_t index, const Reply& reply);
  const RcptRefusal& worst_refusal() const;

  const MailTransaction& mail_;
  std::size_t heard_ = 0;
  Refusals refusals_;
};

// MAIL and each RCPT.
Result<std::vector<CommandLine>> envelope_commands(const MailTransaction& mail, const Capabilities& offer);

// For all replies that are under way when the first refusal has been heard.
inline constexpr std::chrono::seconds patience_after_refusal(5);

// Brings the server to expect the content (354). Errors are those of EnvelopeReplies; a server that has asked for
// content in spite of them gets none.
Result<Refusals> send_envelope(SmtpConnection& server, const MailTransaction& mail, const Capabilities& offer);

// The same without DATA, for a server that can take BDAT.
Result<Refusals> send_envelope_without_data(SmtpConnection& server, const MailTransaction& mail,
                                            const Capabilities& offer);

}  // namespace msmtp
