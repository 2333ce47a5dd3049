// No sandbox: for sanitizer builds and for systems that we do not know. Root still becomes the lesser user.
#include "common/sandbox.hpp"

#include <sys/resource.h>

namespace msmtp {

SandboxLevel sandbox_level() {
  return {"none"};
}

void harden_process(bool) {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
}

Result<void> enter_stage(Stage stage, const Grants& grants) {
  const Rights& row = rights(stage);
  if (!row.confined || !row.lesser_user) return {};
  const LesserUser who = grants.user ? *grants.user : TRY(find_lesser_user());
  return become_lesser_user(who);
}

}  // namespace msmtp
