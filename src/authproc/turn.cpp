// Whose turn it is.
#include "authproc/turn.hpp"

#include <cerrno>
#include <poll.h>

namespace msmtp {

Result<void> wait_for_turn(const Fd& wanted, const Fd& other) {
  for (;;) {
    pollfd watched[] = {{wanted.number(), POLLIN, 0}, {other.number(), POLLIN, 0}};
    const int ready = poll(watched, 2, -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || watched[0].revents != 0) return {};
    return fail(Error{ExitCode::software, "the other side has ended unexpectedly", {}, Cause::peer_gone});
  }
}

}  // namespace msmtp
