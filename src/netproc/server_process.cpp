// What a process does that serves an SMTP client.
#include "netproc/server_process.hpp"

namespace msmtp {

int give_up_serving(ServerToParent& parent, const Error& error) {
  if (error.cause != Cause::peer_gone) (void)parent.send(failed(error));
  return static_cast<int>(error.code);
}

int serve_client(ServerToParent& parent, ServerClient& client, const Serve& settings) {
  const Result<void> served = SmtpServer(parent, client, settings).run();
  return served ? 0 : give_up_serving(parent, served.error());
}

}  // namespace msmtp
