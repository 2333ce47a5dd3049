// The paths of MAIL and RCPT (RFC 5321, 4.1.2), as an SMTP client writes them.
#pragma once

#include "common/cursor.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace msmtp {

// What still fits into a line of a header field.
inline constexpr std::size_t max_path_size = 900;

// The path at the cursor, "<...>", without its brackets; empty for "<>". A source route ("@a,@b:") is left out
// (RFC 5321, C). Nothing when it is none: then the cursor has moved. An address may lack its domain, as those that
// aliases replace do; its local part may have dots where RFC 5321 has none, because such addresses are in use; and it
// may be UTF-8 (RFC 6531, 3.3). Never in a path: bytes below ' ', DEL, broken UTF-8, or, outside of a quoted local
// part, blanks, brackets and quotes.
std::optional<std::string> take_path(Cursor& cursor);

}  // namespace msmtp
