// Leaving root, and whatever a set-id bit gave.
#pragma once

#include "common/result.hpp"

namespace msmtp {

// Root becomes the user that was chosen when this was configured; everybody else becomes, for good, who they
// really are. EX_OSERR when there is no such user or the system refuses.
Result<void> become_lesser_user();

// Gives up the user and group that a set-id bit gave, for good; the real ones remain.
Result<void> drop_set_id();

// Whether the program was started with more rights than its caller has.
bool is_set_id();

}  // namespace msmtp
