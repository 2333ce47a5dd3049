// What a process that was taken over would try, and what comes of it in each confined stage.
#pragma once

#include "tests/process/sandbox_world.hpp"

#include <span>

namespace msmtp::test {

// One outcome for each confined stage, in the order of the table of rights:
//   +  it works
//   -  refused: EACCES or EPERM
//   L  refused by Landlock (ABI 3)   N  likewise, a TCP port (ABI 4)   A  likewise, an abstract socket (ABI 6);
//      without it, whatever the kernel says
//   r  refused, except to root, who is still root in that stage
//   u  unlisted: a call that no promise covers: killed by strict builds, ENOSYS in releases
//   o  as from a kernel that does not know it: ENOSYS in every build
//   x  an earlier stage did not cover it: killed by strict builds, refused in releases
//   !  killed by SIGSYS in every build
//   *  killed, by whatever signal      a  ends by SIGABRT
//   .  whatever the C library makes of it, but not killed
struct Attack {
  const char* name;
  const char* outcomes;
  int (*attempt)(const World&);  // 0 when it worked, otherwise errno
};

std::span<const Attack> attacks_on_files();
std::span<const Attack> attacks_on_network();
std::span<const Attack> attacks_on_processes();
std::span<const Attack> attacks_on_system();
// Not attacks but the daily work, with the same letters.
std::span<const Attack> daily_work();

// errno, or 0, of a call's result.
int errno_of(long result);

}  // namespace msmtp::test
