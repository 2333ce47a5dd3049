// Whether a program is there to be executed.
#include "parent/command_check.hpp"

#include "common/fd.hpp"
#include "common/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace msmtp {

namespace {

// 0, or why not.
int reason_against(const std::string& file) {
  struct stat facts {};
  if (stat(file.c_str(), &facts) != 0) return errno;
  if (S_ISDIR(facts.st_mode)) return EISDIR;
  return faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

}  // namespace

std::string why_not_executable(const std::string& program, std::string_view path) {
  if (program.find('/') != std::string::npos) {
    const int reason = reason_against(program);
    return reason == 0 ? std::string() : error_text(reason);
  }
  for (const std::string_view directory : split(path, ':')) {
    std::string place(directory.empty() ? "." : directory);
    place.append("/").append(program);
    if (reason_against(place) == 0) return {};
  }
  return "it is in no directory of PATH";
}

}  // namespace msmtp
