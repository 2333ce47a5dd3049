// A mail in chunks (BDAT, RFC 3030): the content counted instead of stuffed and ended by a dot, and so without the
// round trip that DATA takes.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/channels.hpp"
#include "netproc/smtp_connection.hpp"
#include "netproc/smtp_envelope.hpp"

#include <cstddef>

namespace msmtp {

// The largest mail whose content goes out with the envelope, before anybody knows whether the server takes that.
inline constexpr std::size_t max_flight_content = 64 * 1024;

// Whether a mail is sent so: with CHUNKING and PIPELINING, and not under LMTP, where a reply to each recipient would be
// awaited, which hardly a server has been tried with.
bool can_take_chunks(const Capabilities& offer, Protocol protocol);

// Sends envelope and content, and hears all replies but the one to the end of the mail, which is still to come.
//
// - A small mail of known size to one recipient: everything, with the end of the mail and QUIT, in one flight. A server
//   that refuses MAIL or RCPT has nobody to deliver to.
// - A small mail to several: envelope and content in one flight, the end only when all replies were good.
// - Any other: the envelope first, then chunk after chunk; a chunk that is refused is the end.
//
// PARENT is asked for the content (BodyWanted) and told before the end goes out (BodySent). Errors before that are
// those of the envelope, or the refusal of a chunk. After it a refusal by the server is a refusal, and everything else
// is EX_TEMPFAIL and says that the status is unknown. Gives the recipients who do not get the mail.
Result<Refusals> send_in_chunks(SmtpConnection& server, const Capabilities& offer, const MailTransaction& mail,
                                ParentChannel& parent);

}  // namespace msmtp
