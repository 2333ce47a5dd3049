// What the option table and the configuration know, but this version cannot do yet.
#pragma once

#include "parent/account.hpp"
#include "parent/options.hpp"

#include <optional>
#include <string>

namespace msmtp {

// The line for EX_UNAVAILABLE when the mode that was asked for does not exist yet.
std::optional<std::string> unavailable_feature(const Options& options);

// The same for the account's settings; to be asked when a mail is to be sent, after --pretend.
std::optional<std::string> unavailable_feature(const Account& account);

}  // namespace msmtp
