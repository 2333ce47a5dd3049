// Waiting for a socket.
#include "netproc/readiness.hpp"

#include <cerrno>
#include <poll.h>

namespace msmtp {

bool wait_for(const Fd& fd, short events, const Deadline& deadline) {
  pollfd entry = {fd.number(), events, 0};
  for (;;) {
    const int count = poll(&entry, 1, deadline.poll_timeout());
    if (count == 0 && deadline.has_passed()) return false;
    if (count > 0 || (count < 0 && errno != EINTR)) return true;
  }
}

}  // namespace msmtp
