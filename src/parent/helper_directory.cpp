// Where the helper executables are.
#include "parent/helper_directory.hpp"

#include <climits>
#include <unistd.h>

namespace msmtp {

std::string helper_directory(const InstallLayout& layout, std::string_view executable, bool set_id) {
  const auto slash = executable.rfind('/');
  if (set_id || slash == std::string_view::npos) return std::string(layout.helpers);
  const std::string_view directory = executable.substr(0, slash);
  if (directory == layout.bindir) return std::string(layout.helpers);
  return std::string(directory) + '/' + std::string(layout.helpers_from_bindir);
}

std::string running_executable() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace msmtp
