// Stages on Linux: lesser user, no capabilities, no new privileges, Landlock, limits, seccomp, in this order,
// because each of them needs what the next one takes.
#include "common/sandbox.hpp"

#include "common/sandbox_linux.hpp"

#include <csignal>
#include <span>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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

// What root needs until it becomes another: its files, and the change itself. All else goes at once, for root without
// these walls may look into any process.
constexpr cap_value_t needed_until_then[] = {CAP_SETUID, CAP_SETGID, CAP_SETPCAP, CAP_DAC_OVERRIDE,
                                             CAP_DAC_READ_SEARCH};

class Capabilities {
 public:
  explicit Capabilities(cap_t state) : state_(state) {}
  ~Capabilities() {
    if (state_ != nullptr) cap_free(state_);
  }
  Capabilities(const Capabilities&) = delete;
  Capabilities& operator=(const Capabilities&) = delete;

  bool has(cap_value_t capability) const {
    cap_flag_value_t value = CAP_CLEAR;
    return state_ != nullptr && cap_get_flag(state_, capability, CAP_PERMITTED, &value) == 0 && value == CAP_SET;
  }
  bool add(cap_value_t capability) {
    return state_ != nullptr && cap_set_flag(state_, CAP_PERMITTED, 1, &capability, CAP_SET) == 0 &&
           cap_set_flag(state_, CAP_EFFECTIVE, 1, &capability, CAP_SET) == 0;
  }
  bool become_ours() const { return state_ != nullptr && cap_set_proc(state_) == 0; }

 private:
  cap_t state_;
};

// Keeps those of KEPT that we have, and no others.
Result<void> drop_capabilities(std::span<const cap_value_t> kept) {
  // libcap asks for each of them before it clears them all.
  (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  const Capabilities before(cap_get_proc());
  Capabilities after(cap_init());
  bool made = true;
  for (const cap_value_t capability : kept) made = made && (!before.has(capability) || after.add(capability));
  if (!made || !after.become_ours()) return fail(ExitCode::os_error, "cannot drop capabilities");
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
  TRY(drop_capabilities({}));
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

void outlive_parent() {
  (void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

Result<void> drop_all_capabilities() {
  return drop_capabilities({});
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
