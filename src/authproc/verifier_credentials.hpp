// What checks a user's password without being it (RFC 5802, 3): a salt, a number of rounds, and two keys.
#pragma once

#include "authproc/digest.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace msmtp {

// A second of one processor tries about a hundred passwords.
inline constexpr std::uint32_t verifier_rounds = 10'000;

using Salt = std::array<char, 16>;

struct ScramKeys {
  Salt salt{};
  DigestValue stored_key;
  DigestValue server_key;
};

// Those of SHA-256 with verifier_rounds. PASSWORD is prepared by SASLprep already.
ScramKeys derive_keys(std::string_view password, const Salt& salt);

// Whether both are the same, in a time that does not depend on where they differ.
bool same_in_constant_time(std::string_view one, std::string_view other);

class Credentials {
 public:
  // SECRET makes up the salts of users that do not exist: random, and told to nobody.
  Credentials(std::string user, const ScramKeys& keys, const Salt& secret);

  const std::string& user() const { return user_; }
  // For any name, prepared by SASLprep: whoever does not exist has a salt too, always the same, and keys that nobody
  // has the password of.
  ScramKeys keys_of(std::string_view user) const;
  // Takes the same time for any user.
  bool is_password_of(std::string_view user, std::string_view password) const;

 private:
  bool is_user(std::string_view user) const;

  std::string user_;
  ScramKeys keys_;
  Salt secret_;
};

}  // namespace msmtp
