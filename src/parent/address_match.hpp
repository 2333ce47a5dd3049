// Whether an envelope sender belongs to an account.
#pragma once

#include <string_view>

namespace msmtp {

// Shell-style matching as fnmatch(3) does it without flags: `?`, `*`, `[a-z]`, `[!a]`, `[[:alpha:]]` and
// backslash; case counts, and nothing is special about slashes and leading dots. Bytes, no locale.
bool matches_pattern(std::string_view text, std::string_view pattern);

// Whether ADDRESS belongs to an account whose `from` is OWN. OWN is a pattern when it holds `?`, `*` or
// `[`; otherwise the two are compared without regard to case. An address with a subaddress
// (user+detail@domain) also matches without it, unless OWN has a '+' itself.
bool address_belongs(std::string_view address, std::string_view own);

}  // namespace msmtp
