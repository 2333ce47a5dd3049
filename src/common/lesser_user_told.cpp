// Whom root becomes, for helpers that are told so: they are linked statically, and what asks for users would load
// libraries.
#include "common/lesser_user.hpp"

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>

namespace msmtp {

Result<LesserUser> find_lesser_user() {
  if (geteuid() != 0) return LesserUser{getuid(), getgid()};
  const char* value = std::getenv(std::string(lesser_user_variable).c_str());
  const std::string_view told = value != nullptr ? value : "";
  LesserUser who{};
  const char* end = told.data() + told.size();
  const auto user = std::from_chars(told.data(), end, who.user);
  const bool has_group = user.ec == std::errc() && user.ptr != end && *user.ptr == ':';
  const auto group = has_group ? std::from_chars(user.ptr + 1, end, who.group) : user;
  if (!has_group || group.ec != std::errc() || group.ptr != end || who.user == 0) {
    return fail(ExitCode::software, "started by root, and not told whom to become");
  }
  return who;
}

}  // namespace msmtp
