// The content of a mail on its way to the server, and what the server says to it.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/channels.hpp"
#include "netproc/smtp_connection.hpp"
#include "netproc/smtp_envelope.hpp"

#include <cstddef>
#include <string>

namespace msmtp {

// Asks PARENT for the content and passes it on after DATA, dot-stuffed, in large pieces. The end of the mail, to which
// there will be so many REPLIES, is sent only after a BodyEnd that counts what came, and after PARENT was told
// (BodySent). EX_TEMPFAIL or EX_DATAERR when the server refuses before that, EX_DATAERR when the mail grows larger than
// OFFER allows. A failure after BodySent is EX_TEMPFAIL and says that the status is unknown.
Result<void> send_content(SmtpConnection& server, const Capabilities& offer, std::size_t replies,
                          ParentChannel& parent);

// The server's verdict: the text of its 250, empty under LMTP. PARENT hears of each recipient that is refused: those in
// REFUSALS, and under LMTP those whom the server refuses now; the failure is then EX_TEMPFAIL when one of them was
// refused for now, else EX_DATAERR, and carries the server's reply to the others.
// EX_TEMPFAIL or EX_DATAERR for a refusal of the mail; no valid reply is EX_TEMPFAIL and says that the status is
// unknown.
Result<std::string> await_delivery(SmtpConnection& server, const MailTransaction& mail, const Refusals& refusals,
                                   Protocol protocol, ParentChannel& parent);

}  // namespace msmtp
