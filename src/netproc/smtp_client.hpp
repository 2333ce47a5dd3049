// The dialogue from the server's last EHLO to its verdict, as the parent asks for it.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/channels.hpp"
#include "netproc/smtp_connection.hpp"

namespace msmtp {

// Tells PARENT what the server offers, and then does what it says: authentication, when it asks for it, through SASL
// (closed: there is none); one mail. Success means that the server has said 250 to the mail, that the conversation is
// ended and that PARENT knows (Delivered). The errors are those of the steps; a PARENT that is gone or says what is
// not legal is EX_SOFTWARE, and the mail is then not ended.
Result<void> submit_mail(SmtpConnection& server, const Capabilities& offer, Protocol protocol, ParentChannel& parent,
                         SaslChannel& sasl);

}  // namespace msmtp
