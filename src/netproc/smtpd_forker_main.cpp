// msmtp-smtpd-forker: for each session that msmtpd makes ready a copy of itself, which waits for the client, reads what
// it says, and can do nothing else.
#include "common/child.hpp"
#include "common/forker.hpp"
#include "common/sandbox.hpp"
#include "netproc/server_process.hpp"

#include <fcntl.h>

namespace msmtp {
namespace {

// The session's channel, and the verifier's where clients have to log in.
constexpr std::size_t most_descriptors = 2;

int serve(ServerToParent& session, Fd socket, const Serve& settings) {
  Fd output(fcntl(socket.number(), F_DUPFD_CLOEXEC, 0));
  ServerClient client(std::move(socket), std::move(output), session.fd().number());
  return serve_client(session, client, settings);
}

int live_as_copy(std::vector<Fd> descriptors) {
  ServerToParent session(std::move(descriptors[0]), "msmtpd");
  if (const auto entered = enter_stage(Stage::server_serve); !entered) {
    return give_up_serving(session, entered.error());
  }
  Fd socket;
  const auto settings = session.expect_one<Serve>(Deadline::never(), {&socket, 1});
  if (settings) return serve(session, std::move(socket), *settings);
  if (settings.error().cause == Cause::peer_gone) return 0;  // it was not needed
  return give_up_serving(session, settings.error());
}

Result<void> run(ForkerOrders& orders) {
  Forker forker = TRY(Forker::prepare(orders, most_descriptors, live_as_copy, most_descriptors - 1));
  TRY(enter_stage(Stage::server_fork));
  return forker.run();
}

int run() {
  ForkerOrders orders(Fd(parent_channel_number), "msmtpd");
  const Result<void> done = run(orders);
  if (done) return 0;
  (void)orders.send(failed(done.error()));
  return static_cast<int>(done.error().code);
}

}  // namespace
}  // namespace msmtp

int main() {
  msmtp::harden_process(true);
  return msmtp::run();
}
