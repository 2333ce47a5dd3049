// No sandbox: for sanitizer builds and for systems that we do not know. Root still becomes the lesser user.
#include "common/sandbox.hpp"

#include "common/lesser_user.hpp"

#include <sys/resource.h>

namespace msmtp {

SandboxLevel sandbox_level() {
  return {"none"};
}

void harden_process(bool) {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
}

Result<void> enter_stage(Stage stage, const Grants&) {
  const Rights& row = rights(stage);
  if (row.confined && row.lesser_user) TRY(become_lesser_user());
  return {};
}

}  // namespace msmtp
