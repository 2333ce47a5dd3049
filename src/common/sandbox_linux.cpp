// Stages on Linux: lesser user, no capabilities, no new privileges, Landlock, limits, seccomp, in this order,
// because each of them needs what the next one takes.
#include "common/sandbox.hpp"

#include "common/fd.hpp"
#include "common/sandbox_linux.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

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

// Only who has CAP_SETPCAP can cut the bounding set, so this comes before root becomes another; for the others it
// bounds nothing that no_new_privs does not bound as well.
void cut_bounding_set() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {}
}

constexpr std::uint64_t bit(unsigned capability) {
  return std::uint64_t{1} << capability;
}

// What root needs until it becomes another: its files, and the change itself. All else goes at once, for root without
// these walls may look into any process.
constexpr std::uint64_t needed_until_then =
    bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_SETPCAP) | bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH);

// Keeps those of KEPT that we have, and no others.
Result<void> drop_capabilities(std::uint64_t kept) {
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (kept != 0 && syscall(SYS_capget, &header, sets) != 0) {
    return fail(ExitCode::os_error, "cannot read capabilities: " + error_text(errno));
  }
  for (__user_cap_data_struct& set : sets) {
    set.permitted &= static_cast<std::uint32_t>(kept);
    set.effective = set.permitted;
    set.inheritable = 0;
    kept >>= 32;
  }
  if (syscall(SYS_capset, &header, sets) != 0) {
    return fail(ExitCode::os_error, "cannot drop capabilities: " + error_text(errno));
  }
  return {};
}

void set_limits(const Rights& row, bool more_stages) {
  limit(RLIMIT_CORE, 0);
  // Whom a copy serves is at the other end of a socket.
  if (row.promises.has(Promise::proc)) limit(RLIMIT_FSIZE, 0);
  if (row.promises.has(Promise::wpath) || more_stages) return;
  limit(RLIMIT_NPROC, 0);
  // The parent's log file is open and grows; and what an SMTP client reads may be a file.
  if (row.role != Role::parent && row.role != Role::server) limit(RLIMIT_FSIZE, 0);
}

// A change of user makes the process dumpable again and forgets the parent-death signal.
Result<void> become_whom_root_becomes(const Grants& grants) {
  const LesserUser who = grants.user ? *grants.user : TRY(find_lesser_user());
  int death_signal = 0;
  (void)prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
  if (geteuid() == 0) cut_bounding_set();
  TRY(become_lesser_user(who));
  TRY(drop_capabilities(0));
  harden_process(false);
  (void)prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0);
  return {};
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

Result<void> drop_all_capabilities() {
  return drop_capabilities(0);
}

Result<void> enter_stage(Stage stage, const Grants& grants) {
  const Rights& row = rights(stage);
  if (!row.confined) return {};
  if (!has_seccomp()) {
    return fail(ExitCode::os_error, "this kernel has no seccomp filters; a build --without-sandbox would run here");
  }
  if (row.lesser_user) {
    TRY(become_whom_root_becomes(grants));
  } else {
    TRY(drop_capabilities(needed_until_then));
  }
  const Promises promises = row.promises.without(grants.give_up);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(ExitCode::os_error, "cannot set no_new_privs");
  TRY(restrict_with_landlock(grants, promises.has(Promise::inet) && !grants.connect_port, row.role == Role::parent));
  const bool more_stages = !last_of_its_role(stage);
  set_limits(row, more_stages);
  return load_call_filter(promises, grants, more_stages);
}

}  // namespace msmtp
