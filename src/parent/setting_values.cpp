// The grammar of the settings' values.
#include "parent/setting_values.hpp"

#include "common/base64.hpp"
#include "common/messages.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace msmtp {

namespace {

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

std::optional<std::string_view> digest_of_length(std::size_t text_size) {
  // n bytes are n pairs of digits and n - 1 separators.
  if (text_size == 32 * 3 - 1) return "sha256:";
  if (text_size == 20 * 3 - 1) return "sha1:";
  if (text_size == 16 * 3 - 1) return "md5:";
  return std::nullopt;
}

// Pairs of digits with ':' or ' ' between them, as pairs without; nothing for anything else.
std::optional<std::string> joined_pairs(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2 ? text[i] != ':' && text[i] != ' ' : !is_hex_digit(text[i])) return std::nullopt;
    if (i % 3 != 2) digits += ascii_lower(text[i]);
  }
  return digits;
}

std::string hex_digits(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// The bytes of pairs of lower-case digits.
std::string bytes_of(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(value(digits[i]) * 16 + value(digits[i + 1]));
  }
  return bytes;
}

constexpr std::string_view public_key = "spki:sha256:";
constexpr std::size_t sha256_size = 32;

std::optional<std::string> parse_public_key_pin(std::string_view text) {
  if (text.size() == 2 * sha256_size && std::ranges::all_of(text, is_hex_digit)) {
    return std::string(public_key) + ascii_lower(text);
  }
  if (text.size() == 3 * sha256_size - 1) {
    const auto digits = joined_pairs(text);
    return digits ? std::optional(std::string(public_key) + *digits) : std::nullopt;
  }
  const auto bytes = base64_decode(text);
  if (!bytes || bytes->size() != sha256_size) return std::nullopt;
  return std::string(public_key) + hex_digits(*bytes);
}

std::optional<std::string> parse_one_fingerprint(std::string_view text) {
  if (text.starts_with(public_key)) return parse_public_key_pin(text.substr(public_key.size()));
  const auto digest = digest_of_length(text.size());
  const auto digits = digest ? joined_pairs(text) : std::nullopt;
  if (!digits) return std::nullopt;
  return std::string(*digest) + *digits;
}

std::string show_one_fingerprint(std::string_view fingerprint) {
  if (fingerprint.starts_with(public_key)) {
    return std::string(public_key) + base64_encode(bytes_of(fingerprint.substr(public_key.size())));
  }
  const auto colon = fingerprint.find(':');
  const auto digits = fingerprint.substr(colon == std::string_view::npos ? 0 : colon + 1);
  std::string shown;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && i % 2 == 0) shown += ':';
    shown += ascii_upper(digits[i]);
  }
  return shown;
}

}  // namespace

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return std::nullopt;
}

std::optional<Authentication> parse_authentication(std::string_view text) {
  if (text == "off") return Authentication{false, std::nullopt};
  if (text == "on") return Authentication{true, std::nullopt};
  const auto mechanism = mechanism_named(text);
  if (!mechanism || text != ascii_lower(text)) return std::nullopt;
  return Authentication{true, mechanism};
}

std::optional<SyslogFacility> parse_syslog(std::string_view text) {
  if (text == "off") return SyslogFacility::off;
  if (text == "on") return SyslogFacility::user;
  for (auto value = static_cast<unsigned>(SyslogFacility::user); value <= static_cast<unsigned>(SyslogFacility::last);
       ++value) {
    if (text == name(static_cast<SyslogFacility>(value))) return static_cast<SyslogFacility>(value);
  }
  return std::nullopt;
}

std::optional<std::string> normalized_fingerprints(std::string_view text) {
  const auto words = split(text, ',');
  if (words.size() > max_fingerprints) return std::nullopt;
  std::string all;
  for (const std::string_view word : words) {
    const auto one = parse_one_fingerprint(trim_blanks(word));
    if (!one) return std::nullopt;
    if (!all.empty()) all += ',';
    all += *one;
  }
  return all;
}

std::string show_fingerprint(std::string_view fingerprint) {
  std::string shown;
  for (const std::string_view one : split(fingerprint, ',')) {
    if (!shown.empty()) shown += ',';
    shown += show_one_fingerprint(one);
  }
  return shown;
}

std::optional<std::string> parse_dsn_notify(std::string_view text) {
  constexpr std::array<std::string_view, 3> conditions = {"failure", "delay", "success"};
  if (text == "never") return "NEVER";
  const auto words = split(text, ',');
  for (const auto word : words) {
    if (std::ranges::count(conditions, word) != 1 || std::ranges::count(words, word) != 1) return std::nullopt;
  }
  return ascii_upper(text);
}

}  // namespace msmtp
