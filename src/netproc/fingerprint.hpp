// Certificate fingerprints as settings and messages spell them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

enum class DigestKind : std::uint8_t { sha256, sha1, md5 };

// "SHA256", "SHA1", "MD5".
std::string_view name(DigestKind kind);

struct Fingerprint {
  DigestKind kind = DigestKind::sha256;
  std::string digest;  // its bytes
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Reads "sha256:", "sha1:" or "md5:" and all hex digits of the digest in lower case; nothing for anything else.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

// The bytes of DIGEST as upper-case hex pairs separated by ':'.
std::string colon_hex(std::string_view digest);

}  // namespace msmtp
