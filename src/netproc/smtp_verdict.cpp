// Verdicts.
#include "netproc/smtp_verdict.hpp"

#include <utility>

namespace msmtp {

Error unknown_status(Error error) {
  error.code = ExitCode::temporary_failure;
  error.text += "; the status of the mail is unknown";
  return error;
}

Unexpected not_accepted(const Reply& reply) {
  return refused(delivery_failure_code(reply), "the server did not accept the mail", reply);
}

Unexpected early_verdict(SmtpConnection& server, Result<Reply> reply) {
  server.abandon();
  if (!reply && server.has_ended())
    return fail(ExitCode::io_error, "network write error: the server closed the connection");
  if (!reply) return fail(std::move(reply.error()));
  if (reply->is_refusal()) return not_accepted(*reply);
  return refused(ExitCode::protocol, "the server replied before the end of the mail", *reply);
}

Result<Reply> final_reply(SmtpConnection& server) {
  auto reply = server.read_reply(Step::delivery);
  if (!reply) return fail(unknown_status(std::move(reply.error())));
  if (reply->code == 250 || reply->is_refusal()) return reply;
  return fail(
      unknown_status(refused(ExitCode::protocol, "the server's last reply says neither yes nor no", *reply).error));
}

}  // namespace msmtp
