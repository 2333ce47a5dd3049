// From the sandbox to the client's departure.
#include "netproc/server_process.hpp"

#include "common/channel.hpp"
#include "common/sandbox.hpp"
#include "netproc/smtp_server.hpp"

#include <span>
#include <utility>

namespace msmtp {

namespace {

Result<Serve> hear_settings(ServerToParent& parent, ServerEnds& ends) {
  if (ends.client_input) return parent.expect_one<Serve>(Deadline::never());
  return parent.expect_one<Serve>(Deadline::never(), std::span(&ends.client_input.emplace(), 1));
}

Result<void> serve(ServerToParent& parent, ServerEnds& ends) {
  TRY(enter_stage(Stage::server_serve));
  const auto heard = hear_settings(parent, ends);
  if (!heard && heard.error().cause == Cause::peer_gone) return {};  // nobody needs this process
  const Serve settings = TRY(heard);
  if (settings.login && !ends.login) return fail(ExitCode::software, "there is no verifier");
  if (!settings.login) ends.login.reset();
  ServerClient client(std::move(*ends.client_input), std::move(ends.client_output), parent.fd().number());
  return SmtpServer(parent, client, settings, std::move(ends.login)).run();
}

}  // namespace

int run_server(ServerEnds ends) {
  ServerToParent parent(std::move(ends.parent), "msmtp");
  const Result<void> served = serve(parent, ends);
  if (served) return 0;
  if (served.error().cause != Cause::peer_gone) (void)parent.send(failed(served.error()));
  return static_cast<int>(served.error().code);
}

}  // namespace msmtp
