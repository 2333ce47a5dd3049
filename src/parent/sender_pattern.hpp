// The address of a --from rule of msmtpd, in which "%U" is a login name and "%%" a percent sign.
#pragma once

#include "common/result.hpp"

#include <string>
#include <string_view>

namespace msmtp {

// EX_USAGE for what cannot become an address: nothing, another letter after a percent sign, or what check_address()
// refuses.
Result<void> check_sender_pattern(std::string_view pattern);

bool wants_login_name(std::string_view pattern);

// PATTERN, which has been checked, with LOGIN_NAME in it. EX_NOUSER when the name would make another address of it than
// the rule means: when it has bytes that stand in no unquoted local part (RFC 5322, 3.2.3; RFC 6531), or is too long.
Result<std::string> fill_sender_pattern(std::string_view pattern, std::string_view login_name);

}  // namespace msmtp
