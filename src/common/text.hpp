// Text without a locale: ASCII only where letters are compared, and a stranger's bytes made printable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

// TEXT for a terminal or a log: each control byte (0x00-0x1f, 0x7f) becomes '?', and so does each
// byte of a C1 control, whether in UTF-8 (0xc2 0x80-0x9f) or alone (0x80-0x9f outside UTF-8); other bytes stay.
std::string printable(std::string_view text);

char ascii_lower(char c);
char ascii_upper(char c);
std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);

// A decimal number without sign, blanks or rest; nothing when it is none or larger than MAXIMUM.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t maximum);

// TEXT without the blanks (space and tab) at both ends.
std::string_view trim_blanks(std::string_view text);

// TEXT without the mark (U+FEFF in UTF-8) that some editors put before a file's first line, where nobody sees it.
std::string_view without_byte_order_mark(std::string_view text);

// The pieces of TEXT between separators: "a,,b" gives three pieces, "" gives one.
std::vector<std::string_view> split(std::string_view text, char separator);

// Whether TEXT has a byte with the high bit set.
bool has_non_ascii(std::string_view text);

// Whether all of TEXT is UTF-8 by the form of its sequences (RFC 3629; surrogates are not looked for).
bool is_utf8(std::string_view text);

}  // namespace msmtp
