// Which mechanism is chosen among those that a server offers, and what it needs.
#include "parent/authentication_choice.hpp"

#include <catch2/catch.hpp>
#include <initializer_list>

using namespace msmtp;
using enum Mechanism;

namespace {

Capabilities offer(std::initializer_list<Mechanism> mechanisms) {
  Capabilities capabilities;
  capabilities.auth = true;
  for (const Mechanism mechanism : mechanisms) capabilities.mechanisms.add(mechanism);
  return capabilities;
}

Account wanting(std::optional<Mechanism> mechanism) {
  Account account;
  account.auth = {true, mechanism};
  return account;
}

std::optional<Mechanism> chosen(std::initializer_list<Mechanism> offered, bool secured) {
  const auto choice = choose_mechanism(wanting(std::nullopt), offer(offered), secured);
  if (choice) return *choice;
  CHECK(choice.error().code == ExitCode::unavailable);
  return std::nullopt;
}

}  // namespace

TEST_CASE("choice: under TLS the best of those that are offered, in the order of the documentation") {
  CHECK(chosen({ntlm, login, digest_md5, cram_md5, plain, scram_sha_1, scram_sha_256}, true) == scram_sha_256);
  CHECK(chosen({ntlm, login, digest_md5, cram_md5, plain, scram_sha_1}, true) == scram_sha_1);
  CHECK(chosen({ntlm, login, digest_md5, cram_md5, plain}, true) == plain);
  CHECK(chosen({ntlm, login, digest_md5, cram_md5}, true) == cram_md5);
  CHECK(chosen({ntlm, login, digest_md5}, true) == digest_md5);
  CHECK(chosen({ntlm, login}, true) == login);
  CHECK(chosen({ntlm}, true) == ntlm);
}

TEST_CASE("choice: without TLS only what shows nothing to a listener") {
  CHECK(chosen({ntlm, login, digest_md5, cram_md5, plain, scram_sha_1}, false) == scram_sha_1);
  CHECK_FALSE(chosen({ntlm, login, digest_md5, cram_md5, plain, external, oauthbearer, xoauth2}, false));
}

TEST_CASE("choice: what needs something special is never chosen unasked") {
  CHECK_FALSE(chosen({external, gssapi, oauthbearer, xoauth2}, true));
}

TEST_CASE("choice: what the account names is taken, with TLS and without, or nothing is") {
  for (const Mechanism mechanism : {external, oauthbearer, xoauth2, digest_md5, ntlm, plain, login}) {
    for (const bool secured : {false, true}) {
      const auto taken = choose_mechanism(wanting(mechanism), offer({scram_sha_256, mechanism}), secured);
      REQUIRE(taken);
      CHECK(*taken == mechanism);
      CHECK_FALSE(choose_mechanism(wanting(mechanism), offer({scram_sha_256}), secured));
    }
  }
}

TEST_CASE("choice: EXTERNAL alone needs no user, and no password is asked for") {
  for (const Mechanism mechanism : {external, oauthbearer, xoauth2, digest_md5, ntlm, plain}) {
    CHECK(needs_user(mechanism) == (mechanism != external));
    CHECK(needs_password(mechanism) == (mechanism != external));
    CHECK(password_may_be_asked_for(wanting(mechanism)) == (mechanism != external));
  }
}

TEST_CASE("choice: tokens are as good as passwords to whoever listens") {
  CHECK(sends_password(oauthbearer));
  CHECK(sends_password(xoauth2));
  CHECK_FALSE(sends_password(external));
  CHECK_FALSE(sends_password(digest_md5));
}
