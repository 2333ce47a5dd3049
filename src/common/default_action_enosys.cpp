// For releases: a call that the lists do not know yet must not lose a mail.
#include "common/sandbox_policy.hpp"

namespace msmtp {

const bool unlisted_calls_kill = false;

}  // namespace msmtp
