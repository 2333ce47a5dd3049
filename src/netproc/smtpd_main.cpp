// msmtp-smtpd, the process that reads what an SMTP client says, where there is one session and its client is connected
// already.
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "netproc/server_process.hpp"

#include <csignal>
#include <fcntl.h>

namespace msmtp {
namespace {

std::optional<Fd> login_channel() {
  if (fcntl(login_channel_number, F_GETFD) < 0) return std::nullopt;
  return Fd(login_channel_number);
}

}  // namespace
}  // namespace msmtp

int main() {
  using namespace msmtp;
  harden_process(true);
  std::signal(SIGPIPE, SIG_IGN);
  return run_server({Fd(parent_channel_number), Fd(client_input_number), Fd(client_output_number), login_channel()});
}
