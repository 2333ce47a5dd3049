// Which system calls each promise stands for: asked when the programs are compiled, not when they run.
#pragma once

#include "common/sandbox_linux_filter.hpp"
#include "common/sandbox_linux_rules.hpp"

namespace msmtp {

// The rules of the filter for PURPOSE, whatever was in force before. In them stand_in_for_own_pid stands for the
// process that will load it.
CallRules rules_for(const FilterPurpose& purpose);

}  // namespace msmtp
