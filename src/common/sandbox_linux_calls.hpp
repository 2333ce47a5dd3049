// Filters of system calls, while they are built: when the programs are compiled, not when they run.
#pragma once

#include "common/result.hpp"
#include "common/sandbox_linux_filter.hpp"

#include <vector>

namespace msmtp {

// The filter for PURPOSE. In it stand_in_for_own_pid stands for the process that will load it.
Result<std::vector<sock_filter>> build_call_filter(const FilterPurpose& purpose);

}  // namespace msmtp
