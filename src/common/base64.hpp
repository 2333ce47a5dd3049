// Base64 (RFC 4648, section 4), as SASL and MIME use it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// The length of the base64 form of SIZE bytes, padding included.
constexpr std::size_t base64_size(std::size_t size) {
  return (size + 2) / 3 * 4;
}

std::string base64_encode(std::string_view bytes);

// Writes the base64 form of BYTES to OUT, which has room for base64_size(): for secrets, which must
// not pass through memory that nobody wipes.
void base64_encode_to(std::string_view bytes, char* out);

// Nothing when TEXT is not canonical base64: wrong length, foreign characters, misplaced padding.
std::optional<std::string> base64_decode(std::string_view text);

// The same for secrets: writes to OUT, which has room for 3 bytes for each 4 of TEXT, and gives their number.
std::optional<std::size_t> base64_decode_to(std::string_view text, char* out);

}  // namespace msmtp
