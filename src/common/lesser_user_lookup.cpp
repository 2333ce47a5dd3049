// Whom root becomes, for programs that look it up.
#include "common/lesser_user.hpp"

#include <array>
#include <config.hpp>
#include <cstdio>
#include <memory>
#include <pwd.h>
#include <span>
#include <string>
#include <unistd.h>

namespace msmtp {

namespace {

struct CloseFile {
  void operator()(FILE* file) const { (void)std::fclose(file); }
};

// As a rule it stands in the file, and reading that takes a tenth of what asking every service for names takes.
const passwd* entry_in_file(const std::string& name, passwd& entry, std::span<char> room) {
#if defined(__GLIBC__)
  const std::unique_ptr<FILE, CloseFile> file(std::fopen("/etc/passwd", "re"));
  passwd* found = nullptr;
  while (file && fgetpwent_r(file.get(), &entry, room.data(), room.size(), &found) == 0) {
    if (name == found->pw_name) return found;
  }
#endif
  return nullptr;
}

}  // namespace

Result<LesserUser> find_lesser_user() {
  if (geteuid() != 0) return LesserUser{getuid(), getgid()};
  const std::string name(config::privsep_user);
  passwd in_file{};
  std::array<char, 4096> room;
  const passwd* entry = entry_in_file(name, in_file, room);
  if (entry == nullptr) entry = getpwnam(name.c_str());
  if (entry == nullptr) {
    return fail(ExitCode::os_error, "there is no user '" + name + "' to change to; see configure --with-privsep-user");
  }
  if (entry->pw_uid == 0) return fail(ExitCode::os_error, "the user '" + name + "' to change to is root");
  return LesserUser{entry->pw_uid, entry->pw_gid};
}

Result<std::vector<std::string>> environment_with_lesser_user() {
  if (geteuid() != 0) return std::vector<std::string>{};
  const LesserUser who = TRY(find_lesser_user());
  return std::vector<std::string>{std::string(lesser_user_variable) + '=' + std::to_string(who.user) + ':' +
                                  std::to_string(who.group)};
}

}  // namespace msmtp
