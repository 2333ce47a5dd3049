// Whether a system call that no promise covers kills the process, or fails with ENOSYS so that a newer C
// library can fall back to an older call. Tests link the first answer, releases the second.
#pragma once

namespace msmtp {

extern const bool unlisted_calls_kill;

}  // namespace msmtp
