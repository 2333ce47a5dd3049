// Stages on Linux: lesser user, no capabilities, no new privileges, Landlock, limits, seccomp, in this order,
// because each of them needs what the next one takes.
#include "common/sandbox.hpp"

#include "common/sandbox_linux.hpp"

#include <csignal>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace msmtp {

namespace {

bool last_of_its_role(Stage stage) {
  const auto next = static_cast<std::size_t>(stage) + 1;
  return next == table_of_rights().size() || table_of_rights()[next].role != rights(stage).role;
}

void limit(decltype(RLIMIT_CORE) resource, rlim_t value) {
  const rlimit both{value, value};
  (void)setrlimit(resource, &both);
}

// The bounding set can only be cut with a capability of its own; without it there is nothing to cut.
Result<void> drop_capabilities() {
  for (cap_value_t capability = 0; cap_get_bound(capability) >= 0; ++capability) (void)cap_drop_bound(capability);
  (void)cap_reset_ambient();
  cap_t none = cap_init();
  const bool dropped = none != nullptr && cap_set_proc(none) == 0;
  if (none != nullptr) cap_free(none);
  if (!dropped) return fail(ExitCode::os_error, "cannot drop capabilities");
  return {};
}

void set_limits(const Rights& row, bool more_stages) {
  limit(RLIMIT_CORE, 0);
  if (row.promises.has(Promise::wpath) || more_stages) return;
  limit(RLIMIT_NPROC, 0);
  if (row.role != Role::parent) limit(RLIMIT_FSIZE, 0);  // the parent's log file is open and grows
}

}  // namespace

SandboxLevel sandbox_level() {
  const int abi = landlock_abi();
  std::string text = has_seccomp() ? "seccomp" : "no seccomp";
  text += abi > 0 ? ", Landlock ABI " + std::to_string(abi) : ", no Landlock";
  return {text};
}

void harden_process(bool die_with_parent) {
  (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  limit(RLIMIT_CORE, 0);
  if (die_with_parent) (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

Result<void> enter_stage(Stage stage, const Grants& grants) {
  const Rights& row = rights(stage);
  if (!row.confined) return {};
  if (!has_seccomp()) {
    return fail(ExitCode::os_error, "this kernel has no seccomp filters; a build --without-sandbox would run here");
  }
  if (row.lesser_user) {
    const LesserUser who = grants.user ? *grants.user : TRY(find_lesser_user());
    TRY(become_lesser_user(who));
    TRY(drop_capabilities());
    // A change of user makes the process dumpable again and forgets the parent-death signal.
    harden_process(row.role != Role::parent);
  }
  const Promises promises = row.promises.without(grants.give_up);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(ExitCode::os_error, "cannot set no_new_privs");
  TRY(restrict_with_landlock(grants, promises.has(Promise::inet) && !grants.connect_port, row.role == Role::parent));
  const bool more_stages = !last_of_its_role(stage);
  set_limits(row, more_stages);
  return load_call_filter(promises, grants, more_stages);
}

}  // namespace msmtp
