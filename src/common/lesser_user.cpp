// Changing users, always downwards and always for good.
#include "common/lesser_user.hpp"

#include "common/fd.hpp"

#include <cerrno>
#include <grp.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

namespace msmtp {

namespace {

Result<void> become(uid_t user, gid_t group) {
  if (setresgid(group, group, group) != 0 || setresuid(user, user, user) != 0) {
    return fail(ExitCode::os_error, "cannot change to user " + std::to_string(user) + ": " + error_text(errno));
  }
  return {};
}

}  // namespace

Result<void> drop_set_id() {
  if (getuid() == geteuid() && getgid() == getegid()) return {};
  return become(getuid(), getgid());
}

Result<void> become_lesser_user(const LesserUser& who) {
  if (geteuid() != 0) return drop_set_id();
  if (setgroups(0, nullptr) != 0) return fail(ExitCode::os_error, "cannot leave groups: " + error_text(errno));
  return become(who.user, who.group);
}

bool is_set_id() {
#if defined(__linux__)
  return getauxval(AT_SECURE) != 0;
#else
  return issetugid() != 0;
#endif
}

}  // namespace msmtp
