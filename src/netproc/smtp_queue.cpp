// ETRN.
#include "netproc/smtp_queue.hpp"

namespace msmtp {

Result<void> start_queue(SmtpConnection& server, const Capabilities& offer, const QueueStart& order) {
  if (!offer.etrn) return fail(ExitCode::unavailable, "the server does not support Remote Message Queue Starting");
  const CommandLine command = TRY(etrn_command(order.argument));
  const Reply reply = TRY(server.exchange(command, Step::queue));
  switch (reply.code) {
    case 250:
    case 251:
    case 252:
    case 253: return {};
    case 458:
    case 459: return refused(ExitCode::unavailable, "the server is unable to fulfill the request", reply);
    case 500:
    case 501: return refused(ExitCode::data_error, "invalid argument for Remote Message Queue Starting", reply);
    default: return refused(ExitCode::protocol, "command ETRN failed", reply);
  }
}

}  // namespace msmtp
