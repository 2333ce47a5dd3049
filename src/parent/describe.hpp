// What --pretend and --debug show of an account.
#pragma once

#include "parent/account.hpp"
#include "parent/options.hpp"

#include <string>

namespace msmtp {

// Where the account came from, then one "key = value" line a setting, in the original's order, each with
// its newline; what only matters for a mail is left out in the other modes. The password is "*", also when
// it is not in the account but PASSWORD_KNOWN. Control characters come out as '?'.
std::string describe_account(const Account& account, const Options& options, bool password_known);

}  // namespace msmtp
