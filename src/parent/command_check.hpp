// Whether a program is there to be executed.
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

// Why PROGRAM, a path or a name that is looked for in the directories of PATH, cannot be executed by us; empty when it
// can.
std::string why_not_executable(const std::string& program, std::string_view path);

}  // namespace msmtp
