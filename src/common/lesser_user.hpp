// Leaving root, and whatever a set-id bit gave.
#pragma once

#include "common/result.hpp"

#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace msmtp {

// Whom root becomes.
struct LesserUser {
  uid_t user;
  gid_t group;
};

// The user that was chosen when this was configured; EX_OSERR when there is no such user. Looks at files, so a process
// whose next stage has none asks before. Helpers that are linked statically look at none and have to be told
// (EX_SOFTWARE if not). For everybody but root: who they really are.
Result<LesserUser> find_lesser_user();

// Tells a helper: "UID:GID".
inline constexpr std::string_view lesser_user_variable = "MSMTP_PRIVSEP_USER";

// The environment of a helper that is to have no other than what says whom to become; empty for everybody but root.
Result<std::vector<std::string>> environment_with_lesser_user();

// Becomes WHO, for good and without other groups. EX_OSERR when the system refuses.
Result<void> become_lesser_user(const LesserUser& who);

// Gives up the user and group that a set-id bit gave, for good; the real ones remain.
Result<void> drop_set_id();

// Whether the program was started with more rights than its caller has.
bool is_set_id();

}  // namespace msmtp
