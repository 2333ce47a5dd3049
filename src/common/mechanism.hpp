// The SASL mechanisms that msmtp knows, by name and as a set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace msmtp {

// In the order of the documentation and of --version.
enum class Mechanism : std::uint8_t {
  scram_sha_256_plus,
  scram_sha_1_plus,
  scram_sha_256,
  scram_sha_1,
  plain,
  gssapi,
  external,
  oauthbearer,
  cram_md5,
  digest_md5,
  login,
  ntlm,
  xoauth2,
  last = xoauth2,
};

constexpr std::size_t mechanism_count = static_cast<std::size_t>(Mechanism::last) + 1;

// The registered name in upper case, for example "SCRAM-SHA-256-PLUS".
std::string_view name(Mechanism mechanism);

// The mechanism of that name, compared without regard to case.
std::optional<Mechanism> mechanism_named(std::string_view name);

// A set of mechanisms: what a server offers, what this build can do.
class MechanismSet {
 public:
  static constexpr std::uint32_t all_bits = (1U << mechanism_count) - 1;

  constexpr MechanismSet() = default;
  constexpr explicit MechanismSet(std::uint32_t bits) : bits_(bits & all_bits) {}

  constexpr void add(Mechanism mechanism) { bits_ |= bit(mechanism); }
  constexpr bool has(Mechanism mechanism) const { return (bits_ & bit(mechanism)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr std::uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(MechanismSet, MechanismSet) = default;

 private:
  static constexpr std::uint32_t bit(Mechanism mechanism) { return 1U << static_cast<unsigned>(mechanism); }
  std::uint32_t bits_ = 0;
};

// Whether this version can authenticate so: what the credential child leads, and so what the parent may choose.
bool is_available(Mechanism mechanism);

// Whether the mechanism ties the login to the TLS connection (RFC 5802, 6).
bool binds_channel(Mechanism mechanism);

// Whether the mechanism sends the password, or something as good as it, so that whoever reads the
// connection has it.
bool sends_password(Mechanism mechanism);

}  // namespace msmtp
