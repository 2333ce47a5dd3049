// Certificate fingerprints as text.
#include "netproc/fingerprint.hpp"

#include "common/base64.hpp"
#include "common/text.hpp"

#include <array>

namespace msmtp {

namespace {

struct DigestForm {
  DigestKind kind;
  std::string_view name;
  std::string_view prefix;
  std::size_t size;
};

constexpr std::array<DigestForm, 4> forms = {{
    {DigestKind::sha256, "SHA256", "sha256:", 32},
    {DigestKind::sha1, "SHA1", "sha1:", 20},
    {DigestKind::md5, "MD5", "md5:", 16},
    {DigestKind::spki_sha256, "public key", "spki:sha256:", 32},
}};

constexpr std::string_view lower_digits = "0123456789abcdef";

// Nothing unless HEX is COUNT pairs of digits.
std::optional<std::string> parse_hex(std::string_view hex, std::size_t count) {
  if (hex.size() != 2 * count) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = lower_digits.find(hex[i]);
    const auto low = lower_digits.find(hex[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace

std::string_view name(DigestKind kind) {
  return forms[static_cast<std::size_t>(kind)].name;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view text) {
  for (const DigestForm& form : forms) {
    if (!text.starts_with(form.prefix)) continue;
    auto digest = parse_hex(text.substr(form.prefix.size()), form.size);
    if (digest) return Fingerprint{form.kind, std::move(*digest)};
  }
  return std::nullopt;
}

std::optional<std::vector<Fingerprint>> parse_fingerprints(std::string_view text) {
  std::vector<Fingerprint> fingerprints;
  for (const std::string_view word : split(text, ',')) {
    auto fingerprint = parse_fingerprint(word);
    if (!fingerprint) return std::nullopt;
    fingerprints.push_back(std::move(*fingerprint));
  }
  return fingerprints;
}

std::string fingerprint_setting(DigestKind kind, std::string_view digest) {
  if (kind != DigestKind::spki_sha256) return colon_hex(digest);
  return "spki:sha256:" + base64_encode(digest);
}

std::string colon_hex(std::string_view digest) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : digest) {
    const auto byte = static_cast<unsigned char>(c);
    if (!text.empty()) text += ':';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace msmtp
