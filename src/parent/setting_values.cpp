// The grammar of the settings' values.
#include "parent/setting_values.hpp"

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

std::optional<std::string> parse_fingerprint(std::string_view text) {
  const auto digest = digest_of_length(text.size());
  if (!digest) return std::nullopt;
  std::string fingerprint(*digest);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i % 3 == 2) {
      if (text[i] != ':' && text[i] != ' ') return std::nullopt;
    } else {
      if (!is_hex_digit(text[i])) return std::nullopt;
      fingerprint += ascii_lower(text[i]);
    }
  }
  return fingerprint;
}

std::string show_fingerprint(std::string_view fingerprint) {
  const auto colon = fingerprint.find(':');
  const auto digits = fingerprint.substr(colon == std::string_view::npos ? 0 : colon + 1);
  std::string shown;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && i % 2 == 0) shown += ':';
    shown += ascii_upper(digits[i]);
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
