// What may be signed.
#include "authproc/signer_input.hpp"

#include <algorithm>
#include <array>

namespace msmtp {

namespace {

using namespace std::string_view_literals;

// All of a DigestInfo before its digest (RFC 8017, 9.2, note 1).
struct DigestInfo {
  std::string_view prefix;
  std::size_t digest_size;
};
constexpr std::array<DigestInfo, 5> digest_infos = {{
    {"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14"sv, 20},
    {"\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c"sv, 28},
    {"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"sv, 32},
    {"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"sv, 48},
    {"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"sv, 64},
}};
constexpr std::size_t md5_and_sha1_size = 16 + 20;

constexpr std::size_t spaces = 64;
constexpr std::string_view client_context = "TLS 1.3, client CertificateVerify\0"sv;

bool is_tls13_content(std::string_view input) {
  if (input.size() < spaces + client_context.size()) return false;
  const std::string_view hash = input.substr(spaces + client_context.size());
  return std::ranges::all_of(input.substr(0, spaces), [](char c) { return c == ' '; }) &&
         input.substr(spaces).starts_with(client_context) && (hash.size() == 32 || hash.size() == 48);
}

// A ClientHello of TLS 1.2 and at least the header of what follows it.
bool is_tls12_handshake(std::string_view input) {
  constexpr std::size_t header = 4;
  constexpr std::string_view version = "\x03\x03"sv;
  if (input.size() < 2 * header || input[0] != '\x01') return false;
  std::size_t size = 0;
  for (const char c : input.substr(1, 3)) size = size << 8 | static_cast<unsigned char>(c);
  return size > version.size() && size <= input.size() - 2 * header && input.substr(header).starts_with(version);
}

}  // namespace

bool is_pkcs1_digest(std::string_view input) {
  if (input.size() == md5_and_sha1_size) return true;
  return std::ranges::any_of(digest_infos, [&](const DigestInfo& form) {
    return input.starts_with(form.prefix) && input.size() == form.prefix.size() + form.digest_size;
  });
}

bool is_ecdsa_digest(std::string_view input) {
  return std::ranges::any_of(digest_infos, [&](const DigestInfo& form) { return input.size() == form.digest_size; });
}

bool is_handshake_content(std::string_view input) {
  return is_tls13_content(input) || is_tls12_handshake(input);
}

bool is_handshake_input(KeyKind kind, SignatureScheme scheme, std::string_view input, std::size_t modulus_size) {
  switch (scheme) {
    case SignatureScheme::rsa_pkcs1: return kind == KeyKind::rsa && is_pkcs1_digest(input);
    case SignatureScheme::rsa_pss: return kind == KeyKind::rsa && modulus_size != 0 && input.size() == modulus_size;
    case SignatureScheme::ecdsa: return kind == KeyKind::ec && is_ecdsa_digest(input);
    case SignatureScheme::eddsa: return kind == KeyKind::edwards && is_handshake_content(input);
  }
  return false;
}

}  // namespace msmtp
