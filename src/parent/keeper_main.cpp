// msmtp-keeper: holds a session with a server that one msmtp has opened, for the next. It knows no password, reads
// nobody but msmtp, and can do nothing but lend.
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "parent/keeper.hpp"

#include <chrono>
#include <unistd.h>

namespace msmtp {
namespace {

Result<void> keep(Keeper::Borrower opener) {
  const uid_t owner = geteuid();
  // No caller waits for us, and none takes us along when it ends: neither a terminal nor a directory is kept busy.
  (void)setsid();
  if (chdir("/") != 0) return {};
  TRY(enter_stage(Stage::keeper_keep));
  const Keep what = TRY(opener.expect_one<Keep>(Deadline::in(std::chrono::seconds(30))));
  Keeper::Holding holding{Fd(requests_number), {Fd(kept_channel_number), Fd(kept_log_number)}};
  Keeper(what, std::move(opener), std::move(holding), owner).run();
  return {};
}

}  // namespace
}  // namespace msmtp

int main() {
  using namespace msmtp;
  harden_process(false);
  // The lock of the slot is held until the end.
  const bool done = keep(Keeper::Borrower(Fd(parent_channel_number), "msmtp")).has_value();
  _exit(done ? 0 : 1);
}
