// Keys of SCRAM-SHA-256, in the names of RFC 5802, 3.
#include "authproc/verifier_credentials.hpp"

#include <algorithm>
#include <utility>

namespace msmtp {

namespace {

std::string_view view(const Salt& salt) {
  return {salt.data(), salt.size()};
}

DigestValue stored_key_of(const DigestValue& salted_password) {
  DigestValue client_key = Hmac(Digest::sha256, salted_password.view()).of("Client Key");
  const DigestValue stored_key = digest_of(Digest::sha256, client_key.view());
  client_key.wipe();
  return stored_key;
}

}  // namespace

ScramKeys derive_keys(std::string_view password, const Salt& salt) {
  DigestValue salted_password = pbkdf2(Digest::sha256, password, view(salt), verifier_rounds);
  ScramKeys keys{salt, stored_key_of(salted_password), Hmac(Digest::sha256, salted_password.view()).of("Server Key")};
  salted_password.wipe();
  return keys;
}

bool same_in_constant_time(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    difference |= static_cast<unsigned char>(one[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(other[i]));
  }
  return difference == 0;
}

Credentials::Credentials(std::string user, const ScramKeys& keys, const Salt& secret)
    : user_(std::move(user)), keys_(keys), secret_(secret) {}

// Digests have one length, whatever the names have.
bool Credentials::is_user(std::string_view user) const {
  return same_in_constant_time(digest_of(Digest::sha256, user).view(), digest_of(Digest::sha256, user_).view());
}

ScramKeys Credentials::keys_of(std::string_view user) const {
  const Hmac made_up(Digest::sha256, view(secret_));
  ScramKeys keys{{}, made_up.of("Stored Key"), made_up.of("Server Key")};
  const DigestValue salt = made_up.of(std::string("Salt ") + std::string(user));
  std::ranges::copy(salt.view().substr(0, keys.salt.size()), keys.salt.begin());
  return is_user(user) ? keys_ : keys;
}

bool Credentials::is_password_of(std::string_view user, std::string_view password) const {
  const ScramKeys keys = keys_of(user);
  DigestValue salted_password = pbkdf2(Digest::sha256, password, view(keys.salt), verifier_rounds);
  const DigestValue stored_key = stored_key_of(salted_password);
  salted_password.wipe();
  return same_in_constant_time(stored_key.view(), keys.stored_key.view());
}

}  // namespace msmtp
