// What a server says that it can do, in its reply to EHLO or LHLO (RFC 5321, 4.1.1.1).
#pragma once

#include "common/messages.hpp"

#include <string_view>

namespace msmtp {

// The capabilities in the lines of a 250 reply (with their codes, joined by '\n'), whose first line is a greeting.
// Keywords are compared without regard to case; several AUTH lines add up, "AUTH=" as well as "AUTH "; of several
// sizes the smallest holds (0 is no limit, RFC 1870), and a SIZE with anything but a number is ignored.
Capabilities parse_capabilities(std::string_view reply_text);

}  // namespace msmtp
