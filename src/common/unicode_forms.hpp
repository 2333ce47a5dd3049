// Code points in the form in which domains compare them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace msmtp {

using CodePoints = std::vector<std::uint32_t>;

// TEXT as code points; nothing for what is no UTF-8 (RFC 3629): overlong forms, surrogates, too large numbers.
std::optional<CodePoints> code_points(std::string_view text);

// In lower case, as far as that is one code point for one.
void make_lower_case(CodePoints& points);

// As NFC, for all that may stand in a label.
CodePoints composed(const CodePoints& points);

// Whether POINTS, in lower case and composed, may be a label of a domain (RFC 5892): letters, digits and what goes with
// them, not beginning with a combining character. Rules on context and on directions of writing are not looked at: who
// registers names does that.
bool can_be_label(const CodePoints& points);

}  // namespace msmtp
