// Base64.
#include "common/base64.hpp"

#include <cstdint>

namespace msmtp {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

}  // namespace

void base64_encode_to(std::string_view bytes, char* out) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::uint32_t group = byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
    *out++ = alphabet[group >> 18 & 63];
    *out++ = alphabet[group >> 12 & 63];
    *out++ = at + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=';
    *out++ = at + 2 < bytes.size() ? alphabet[group & 63] : '=';
  }
}

std::string base64_encode(std::string_view bytes) {
  std::string text(base64_size(bytes.size()), '\0');
  base64_encode_to(bytes, text.data());
  return text;
}

std::optional<std::size_t> base64_decode_to(std::string_view text, char* out) {
  if (text.size() % 4 != 0) return std::nullopt;
  const char* const begin = out;
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const auto group = text.substr(at, 4);
    const bool last = at + 4 == text.size();
    const std::size_t digits = last && group.ends_with("==") ? 2 : last && group.ends_with('=') ? 3 : 4;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto value = i < digits ? alphabet.find(group[i]) : 0;
      if (value == std::string_view::npos) return std::nullopt;
      bits = bits << 6 | static_cast<std::uint32_t>(value);
    }
    // Bits that no byte uses must be zero, or two texts would mean the same bytes.
    if ((digits == 2 && (bits & 0xffff) != 0) || (digits == 3 && (bits & 0xff) != 0)) return std::nullopt;
    *out++ = static_cast<char>(bits >> 16 & 0xff);
    if (digits > 2) *out++ = static_cast<char>(bits >> 8 & 0xff);
    if (digits > 3) *out++ = static_cast<char>(bits & 0xff);
  }
  return static_cast<std::size_t>(out - begin);
}

std::optional<std::string> base64_decode(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const auto size = base64_decode_to(text, bytes.data());
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

}  // namespace msmtp
