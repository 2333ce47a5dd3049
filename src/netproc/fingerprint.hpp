// Certificate fingerprints as settings and messages spell them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

// Digests of a certificate, and of the public key in it (its SubjectPublicKeyInfo, as RFC 7469 pins it).
enum class DigestKind : std::uint8_t { sha256, sha1, md5, spki_sha256 };

// "SHA256", "SHA1", "MD5", "public key".
std::string_view name(DigestKind kind);

struct Fingerprint {
  DigestKind kind = DigestKind::sha256;
  std::string digest;  // its bytes
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Reads "sha256:", "sha1:", "md5:" or "spki:sha256:" and all hex digits of the digest in lower case; nothing for
// anything else.
std::optional<Fingerprint> parse_fingerprint(std::string_view text);

// Several of them with ',' between them, at least one.
std::optional<std::vector<Fingerprint>> parse_fingerprints(std::string_view text);

// DIGEST of KIND as tls_fingerprint takes it: "AA:BB:..." or "spki:sha256:" and base64.
std::string fingerprint_setting(DigestKind kind, std::string_view digest);

// The bytes of DIGEST as upper-case hex pairs separated by ':'.
std::string colon_hex(std::string_view digest);

}  // namespace msmtp
