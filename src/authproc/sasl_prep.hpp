// SASLprep (RFC 4013): one form for names and passwords that people type in several ways.
#pragma once

#include "common/secret.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace msmtp {

// What Unicode 3.2 did not know may stand in what somebody says (query), and not in what is kept (stored; RFC 3454, 7).
enum class SaslText : std::uint8_t { query, stored };

// Nothing when TEXT is not UTF-8 or has characters that may not be used. The library keeps copies that nobody can wipe.
std::optional<Secret> sasl_prepared(std::string_view text, SaslText kind);

}  // namespace msmtp
