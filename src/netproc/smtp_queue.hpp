// ETRN (RFC 1985): asks the server to start a queue.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/smtp_connection.hpp"

namespace msmtp {

// Succeeds when the server has accepted ORDER (250 to 253). EX_UNAVAILABLE when OFFER has no ETRN and when the server
// cannot do it now (458, 459), EX_DATAERR when it does not understand the argument (500, 501), EX_PROTOCOL for any
// other reply.
Result<void> start_queue(SmtpConnection& server, const Capabilities& offer, const QueueStart& order);

}  // namespace msmtp
