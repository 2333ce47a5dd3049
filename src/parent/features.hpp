// What the configuration knows, but this build, or the account as it is, cannot do.
#pragma once

#include "parent/account.hpp"

#include <optional>
#include <string>

namespace msmtp {

// The line for EX_UNAVAILABLE when ACCOUNT asks for what is not there; to be asked before a server is, after
// --pretend.
std::optional<std::string> unavailable_feature(const Account& account);

}  // namespace msmtp
