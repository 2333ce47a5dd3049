// Address lists, as they stand in From, To, Cc and Bcc fields and in the words of the command line.
#pragma once

#include "common/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

// The addresses of LIST (RFC 5322, 3.4, read generously), in order, duplicates kept, without names,
// comments, groups and angle brackets. LIST may be folded. Nothing is refused: what is no valid
// address comes out as it is, except that white space and control bytes inside it become '_'. So no
// result is empty, and none holds CR, LF, NUL or a blank.
std::vector<std::string> parse_address_list(std::string_view list);

// The addresses of one word of the command line; EX_USAGE when it holds CR or LF. A space inside a quoted local part
// stays (RFC 5321, 4.1.2): who hands over an address, as msmtpd does, means that mailbox and no other.
Result<std::vector<std::string>> recipients_of_word(std::string_view word);

}  // namespace msmtp
