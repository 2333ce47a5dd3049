// For tests: a gap in the lists must show.
#include "common/sandbox_policy.hpp"

namespace msmtp {

const bool unlisted_calls_kill = true;

}  // namespace msmtp
