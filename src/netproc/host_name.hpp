// Host names as the DNS wants them.
#pragma once

#include "common/result.hpp"

#include <string>
#include <string_view>

namespace msmtp {

// HOST unchanged when it is ASCII, else its A-labels (IDNA 2008 with the mappings of UTS 46, RFC 5891). HOST is UTF-8
// whatever the locale. EX_NOHOST when it has none.
Result<std::string> ascii_host_name(std::string_view host);

}  // namespace msmtp
