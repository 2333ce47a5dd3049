// Stages on OpenBSD: the row's promises go to pledge(2) as they are, the grants to unveil(2).
#include "common/sandbox.hpp"

#include "common/fd.hpp"

#include <cerrno>
#include <sys/resource.h>
#include <unistd.h>

namespace msmtp {

namespace {

// Everything below "/" for reading is what an unveil(2) list is not needed for; it is made when a stage narrows
// that, and the pledge that follows makes it final.
bool sees_all_files(const Grants& grants) {
  return grants.paths.size() == 1 && grants.paths.front().path == "/";
}

Result<void> unveil_paths(const Grants& grants) {
  if (unveil("/", "") != 0) return fail(ExitCode::os_error, "cannot confine file access: " + error_text(errno));
  for (const PathGrant& grant : grants.paths) {
    const char* access = grant.access == PathGrant::Access::write ? "rwc" : "r";
    if (unveil(grant.path.c_str(), access) != 0 && errno != ENOENT) {
      return fail(ExitCode::os_error, "cannot confine file access to " + grant.path + ": " + error_text(errno));
    }
  }
  return {};
}

}  // namespace

SandboxLevel sandbox_level() {
  return {"pledge, unveil"};
}

void harden_process(bool) {
  const rlimit none{0, 0};
  (void)setrlimit(RLIMIT_CORE, &none);
}

Result<void> enter_stage(Stage stage, const Grants& grants) {
  const Rights& row = rights(stage);
  if (!row.confined) return {};
  if (row.lesser_user) {
    const LesserUser who = grants.user ? *grants.user : TRY(find_lesser_user());
    TRY(become_lesser_user(who));
  }
  std::string promises = promise_text(row.promises.without(grants.give_up));
  if (sees_all_files(grants)) {
    promises += " unveil";
  } else if (row.promises.has(Promise::rpath)) {
    TRY(unveil_paths(grants));
  }
  if (pledge(promises.c_str(), nullptr) != 0) {
    return fail(ExitCode::os_error, "cannot pledge '" + promises + "': " + error_text(errno));
  }
  return {};
}

}  // namespace msmtp
