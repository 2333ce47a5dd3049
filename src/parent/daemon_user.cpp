// Whom msmtpd becomes.
#include "parent/daemon_user.hpp"

#include "common/fd.hpp"
#include "common/sandbox.hpp"
#include "common/text.hpp"

#include <cerrno>
#include <grp.h>
#include <limits>
#include <pwd.h>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr std::uint64_t highest_id = std::numeric_limits<std::uint32_t>::max() - 1;  // the one above means "none"

Result<DaemonUser> look_up(const std::string& user) {
  const passwd* entry = getpwnam(user.c_str());
  const auto number = parse_decimal(user, highest_id);
  if (entry == nullptr && number) entry = getpwuid(static_cast<uid_t>(*number));
  if (entry == nullptr) return fail(ExitCode::no_user, "there is no user '" + user + "'");
  return DaemonUser{entry->pw_uid, entry->pw_gid, entry->pw_name};
}

}  // namespace

Result<gid_t> find_group(const std::string& group) {
  if (const ::group* entry = getgrnam(group.c_str()); entry != nullptr) return entry->gr_gid;
  const auto number = parse_decimal(group, highest_id);
  if (!number) return fail(ExitCode::no_user, "there is no group '" + group + "'");
  return static_cast<gid_t>(*number);
}

Result<DaemonUser> find_daemon_user(const std::string& user, const std::string& group) {
  const DaemonUser now{geteuid(), getegid(), {}};
  if (user.empty() && !group.empty()) return fail(ExitCode::usage, "--group takes effect with --user only");
  if (user.empty()) return now;
  DaemonUser who = TRY(look_up(user));
  if (!group.empty()) who.group = TRY(find_group(group));
  if (now.user == 0) return who;
  if (who.user == now.user && who.group == now.group) return now;
  return fail(ExitCode::no_permission, "only root can become the user '" + user + "'");
}

Result<void> become_daemon_user(const DaemonUser& who) {
  if (!who.name.empty()) {
    if (initgroups(who.name.c_str(), who.group) != 0 || setresgid(who.group, who.group, who.group) != 0 ||
        setresuid(who.user, who.user, who.user) != 0) {
      return fail(ExitCode::os_error, "cannot become the user '" + who.name + "': " + error_text(errno));
    }
  }
  TRY(drop_all_capabilities());
  harden_process(false);  // a change of user undoes it
  return {};
}

}  // namespace msmtp
