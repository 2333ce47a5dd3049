// The envelope: MAIL, RCPT and DATA, in one flight where the server can take it.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/smtp_connection.hpp"

#include <vector>

namespace msmtp {

struct MailTransaction {
  Envelope envelope;
  std::vector<Recipient> recipients;
};

// Whether a server with OFFER can take MAIL at all. EX_UNAVAILABLE: it lacks DSN; EX_DATAERR: it lacks SMTPUTF8, or the
// mail is larger than it takes.
Result<void> check_offer(const MailTransaction& mail, const Capabilities& offer);

// Brings the server to expect the content (354). One refusal is the failure of the whole: EX_TEMPFAIL when it is
// temporary, else EX_DATAERR. A server that has asked for content in spite of it gets none.
Result<void> send_envelope(SmtpConnection& server, const MailTransaction& mail, const Capabilities& offer);

}  // namespace msmtp
