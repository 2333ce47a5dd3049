// What checks a password, and users that do not exist.
#include <catch2/catch.hpp>

#include "authproc/verifier_credentials.hpp"
#include "common/base64.hpp"

#include <string>

namespace msmtp {
namespace {

Salt salt_of(std::string_view text) {
  Salt salt{};
  text.copy(salt.data(), salt.size());
  return salt;
}

Credentials credentials(std::string_view password = "pencil") {
  return Credentials("joe", derive_keys(password, salt_of("0123456789abcdef")), salt_of("something secret"));
}

// Computed with Python's hashlib and hmac.
TEST_CASE("the keys are those of SCRAM-SHA-256") {
  const ScramKeys keys = derive_keys("pencil", salt_of("0123456789abcdef"));
  CHECK(base64_encode(keys.stored_key.view()) == "mofocBAC1vWokUhFTbiikgjtbWT5OBb+pcl/CdQ/OUc=");
  CHECK(base64_encode(keys.server_key.view()) == "Yo2GQtQnfSUJqv7PC2p0NqCkWJ9Jng38wiPAa66DUTs=");
}

TEST_CASE("the right user with the right password is right, and nobody else") {
  const Credentials known = credentials();
  CHECK(known.is_password_of("joe", "pencil"));
  for (const char* user : {"", "jo", "joe ", "JOE", "jim"}) CHECK_FALSE(known.is_password_of(user, "pencil"));
  for (const char* password : {"", "penci", "pencil ", "Pencil"}) CHECK_FALSE(known.is_password_of("joe", password));
  CHECK(credentials("").is_password_of("joe", ""));
}

TEST_CASE("whoever does not exist has keys that look like others, and always the same salt") {
  const Credentials known = credentials();
  CHECK(known.keys_of("joe").stored_key == derive_keys("pencil", salt_of("0123456789abcdef")).stored_key);
  CHECK(known.keys_of("jim").salt == credentials("other").keys_of("jim").salt);
  CHECK(known.keys_of("jim").salt != known.keys_of("joe").salt);
  CHECK(known.keys_of("jim").salt != known.keys_of("jin").salt);
  CHECK(known.keys_of("jim").stored_key.size == 32);
}

TEST_CASE("texts are compared to their ends") {
  CHECK(same_in_constant_time("", ""));
  CHECK(same_in_constant_time("abc", "abc"));
  CHECK_FALSE(same_in_constant_time("abc", "abd"));
  CHECK_FALSE(same_in_constant_time("abc", "ab"));
  CHECK_FALSE(same_in_constant_time("\x80", "\x7f"));
}

}  // namespace
}  // namespace msmtp
