// A unix socket at a path.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "parent/daemon_user.hpp"
#include "parent/listen_address.hpp"

#include <sys/types.h>

namespace msmtp {

struct LocalSocket {
  Fd fd;
  dev_t device = 0;  // what is at the path
  ino_t inode = 0;
};

// Listens at the path of INTERFACE, with its mode and group, for OWNER. A socket that a process like ours left behind
// there is replaced; no link is followed. Errors: EX_USAGE for a path that is too long, EX_NOUSER for a group that
// there is not, EX_UNAVAILABLE when somebody listens there, EX_CANTCREAT when there is something else, or no right to
// it.
Result<LocalSocket> listen_at_path(const UnixInterface& interface, const DaemonUser& owner);

}  // namespace msmtp
