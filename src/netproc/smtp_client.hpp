// The dialogue from the server's last EHLO to its verdict, as the parent asks for it.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/channels.hpp"
#include "netproc/smtp_connection.hpp"

namespace msmtp {

// Tells PARENT what the server offers, and then does what it says: authentication, when it asks for it, through SASL
// (closed: there is none); then a mail, or ETRN, or nothing. Success means that the server has accepted it, that the
// conversation is ended and that PARENT knows (Delivered, QueueStarted, Left). Where SERVER stays after a mail, another
// order follows each that was Delivered; a server that ends the conversation meanwhile is EX_TEMPFAIL. The errors are
// those of the steps; a PARENT that is gone or says what is not legal is EX_SOFTWARE, and a mail is then not ended.
Result<void> serve_orders(SmtpConnection& server, const Capabilities& offer, Protocol protocol, ParentChannel& parent,
                          SaslChannel& sasl);

}  // namespace msmtp
