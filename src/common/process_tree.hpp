// The processes that a process has started.
#pragma once

#include <sys/types.h>
#include <vector>

namespace msmtp {

// The children of PID, their children and so on, at most a hundred; nothing where the system does not tell
// (only Linux does, in /proc). What has lost its parent is not among them.
std::vector<pid_t> descendants(pid_t pid);

}  // namespace msmtp
