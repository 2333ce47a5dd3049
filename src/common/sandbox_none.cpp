// No sandbox: for sanitizer builds and for systems that we do not know. Root still becomes the lesser user.
#include "common/sandbox.hpp"

#include <sys/resource.h>
#if defined(__linux__)
#include <csignal>
#include <sys/prctl.h>
#endif

namespace msmtp {

SandboxLevel sandbox_level() {
  return {"none"};
}

void harden_process([[maybe_unused]] bool die_with_parent) {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__)
  if (die_with_parent) (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
#endif
}

void outlive_parent() {
#if defined(__linux__)
  (void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
#endif
}

Result<void> drop_all_capabilities() {
  return {};
}

Result<void> enter_stage(Stage stage, const Grants& grants) {
  const Rights& row = rights(stage);
  if (!row.confined || !row.lesser_user) return {};
  const LesserUser who = grants.user ? *grants.user : TRY(find_lesser_user());
#if defined(__linux__)
  int death_signal = 0;  // which a change of user forgets
  (void)prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0);
#endif
  TRY(become_lesser_user(who));
  harden_process(false);
#if defined(__linux__)
  (void)prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0);
#endif
  return {};
}

}  // namespace msmtp
