// What decides where a mail goes and as whom, as one string of bytes: connections with the same description may stand
// in for each other.
#pragma once

#include "parent/account.hpp"

#include <span>
#include <string>
#include <string_view>

namespace msmtp {

// The description of a connection for ACCOUNT, whose domain is expanded. SURROUNDINGS is what decides about it beside
// the account: the version of the programs, where they and netrc are, and of the environment what libraries heed.
// It names where a password comes from and never holds one.
std::string connection_description(const Account& account, std::span<const std::string> surroundings);

// A file name for DESCRIPTION, of 16 hex digits. Others may have the same one.
std::string name_of_description(std::string_view description);

}  // namespace msmtp
