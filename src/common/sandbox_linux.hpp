// The two kernel mechanisms behind sandbox_linux.cpp.
#pragma once

#include "common/result.hpp"
#include "common/sandbox.hpp"

namespace msmtp {

// The Landlock ABI of the running kernel; 0 when there is none.
int landlock_abi();

// Confines file access to PATHS and, where the kernel can, TCP to the ports of GRANTS, and keeps signals and
// abstract sockets inside (signals not for a process that HAS_CHILDREN). Does nothing where the kernel has no
// Landlock. Layers only add up, so a stage that may connect but does not know where yet (ANY_PORT) leaves TCP to a
// later one.
Result<void> restrict_with_landlock(const Grants& grants, bool any_port, bool has_children);

// Whether the kernel has seccomp filters.
bool has_seccomp();

// Loads the filter for PROMISES. MORE_STAGES: later calls may tighten it.
Result<void> load_call_filter(Promises promises, const Grants& grants, bool more_stages);

}  // namespace msmtp
