// Stages on OpenBSD: the row's promises go to pledge(2) as they are, the grants to unveil(2).
#include "common/sandbox.hpp"

#include "common/fd.hpp"

#include <cerrno>
#include <sys/resource.h>
#include <unistd.h>

namespace msmtp {

namespace {

bool sees_all_files(const Grants& grants) {
  return grants.paths.size() == 1 && grants.paths.front().path == "/";
}

// A stage whose successor reads files too must leave it the right to name them: unveil(2) without its promise is the
// end of the process.
bool successor_names_files(Stage stage) {
  const auto next = static_cast<std::size_t>(stage) + 1;
  if (next == table_of_rights().size()) return false;
  const Rights& row = table_of_rights()[next];
  return row.role == rights(stage).role && row.promises.has(Promise::rpath);
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

void outlive_parent() {}

Result<void> drop_all_capabilities() {
  return {};
}

Result<void> enter_stage(Stage stage, const Grants& grants) {
  const Rights& row = rights(stage);
  if (!row.confined) return {};
  if (row.lesser_user) {
    const LesserUser who = grants.user ? *grants.user : TRY(find_lesser_user());
    TRY(become_lesser_user(who));
  }
  std::string promises = promise_text(row.promises.without(grants.give_up));
  if (successor_names_files(stage)) promises += " unveil";
  if (row.promises.has(Promise::rpath) && !sees_all_files(grants)) TRY(unveil_paths(grants));
  if (pledge(promises.c_str(), nullptr) != 0) {
    return fail(ExitCode::os_error, "cannot pledge '" + promises + "': " + error_text(errno));
  }
  return {};
}

}  // namespace msmtp
