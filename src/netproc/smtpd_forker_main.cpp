// msmtp-smtpd-forker: for each session that msmtpd makes ready a copy of itself, which waits for the client, reads what
// it says, and can do nothing else.
#include "common/child.hpp"
#include "common/forker.hpp"
#include "common/sandbox.hpp"
#include "netproc/server_process.hpp"

namespace msmtp {
namespace {

// The session's channel, and the verifier's where clients have to log in.
constexpr std::size_t most_descriptors = 2;

int live_as_copy(std::vector<Fd> descriptors) {
  ServerEnds ends{.parent = std::move(descriptors[0]), .client_input = {}, .client_output = {}, .login = {}};
  if (descriptors.size() > 1) ends.login = std::move(descriptors[1]);
  return run_server(std::move(ends));
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
