// Where the helper executables are.
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

struct InstallLayout {
  std::string_view bindir;               // where `make install` puts msmtp
  std::string_view helpers;              // and where the helpers
  std::string_view helpers_from_bindir;  // the way from one to the other
};

// The installed directory; or, for a program that runs from another place (a build tree, a staged one), the one that
// lies as the installed one would beside EXECUTABLE. Never from the environment, and never for a set-id program.
std::string helper_directory(const InstallLayout& layout, std::string_view executable, bool set_id);

// The path of the running executable; empty when the system does not say.
std::string running_executable();

}  // namespace msmtp
