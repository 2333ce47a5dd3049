// What a server's last words about a mail mean, and words that come too early.
#pragma once

#include "common/result.hpp"
#include "netproc/smtp_connection.hpp"

namespace msmtp {

// ERROR as it is when the server may have taken the mail nevertheless: EX_TEMPFAIL, and its text says so.
Error unknown_status(Error error);

// The server's no to the whole mail: EX_TEMPFAIL or EX_DATAERR by REPLY.
Unexpected not_accepted(const Reply& reply);

// The server has spoken (REPLY, or why there is none) before the end of the mail, or closed the connection. Whatever it
// says, the mail is not delivered, and nothing more is sent.
Unexpected early_verdict(SmtpConnection& server, Result<Reply> reply);

// The reply to the whole mail: 250, or a refusal. Anything else is EX_TEMPFAIL and says that the status is unknown.
Result<Reply> final_reply(SmtpConnection& server);

}  // namespace msmtp
