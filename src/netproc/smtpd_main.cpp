// msmtp-smtpd, the process that reads what an SMTP client says: it has the client's descriptors and the parent's
// channel and can do nothing else, from before the first byte on.
#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "netproc/server_process.hpp"

#include <csignal>

namespace msmtp {
namespace {

Result<Serve> prepare(ServerToParent& parent) {
  TRY(enter_stage(Stage::server_serve));
  return parent.expect_one<Serve>(Deadline::never());
}

int run() {
  ServerToParent parent(Fd(parent_channel_number), "msmtp");
  ServerClient client(Fd(client_input_number), Fd(client_output_number), parent_channel_number);
  const Result<Serve> settings = prepare(parent);
  return settings ? serve_client(parent, client, *settings) : give_up_serving(parent, settings.error());
}

}  // namespace
}  // namespace msmtp

int main() {
  msmtp::harden_process(true);
  std::signal(SIGPIPE, SIG_IGN);
  return msmtp::run();
}
