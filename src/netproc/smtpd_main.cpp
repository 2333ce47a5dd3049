// msmtp-smtpd, the process that reads what an SMTP client says: it has the client's descriptors and the parent's
// channel and can do nothing else, from before the first byte on.
#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "netproc/smtp_server.hpp"

#include <csignal>

namespace msmtp {
namespace {

Result<void> serve(ServerToParent& parent, ServerClient& client) {
  TRY(enter_stage(Stage::server_serve));
  const Serve settings = TRY(parent.expect_one<Serve>(Deadline::never()));
  return SmtpServer(parent, client, settings).run();
}

int run() {
  ServerToParent parent(Fd(parent_channel_number), "msmtp");
  ServerClient client(Fd(client_input_number), Fd(client_output_number), parent_channel_number);
  const Result<void> served = serve(parent, client);
  if (served) return 0;
  if (served.error().cause != Cause::peer_gone) (void)parent.send(failed(served.error()));
  return static_cast<int>(served.error().code);
}

}  // namespace
}  // namespace msmtp

int main() {
  msmtp::harden_process(true);
  std::signal(SIGPIPE, SIG_IGN);
  return msmtp::run();
}
