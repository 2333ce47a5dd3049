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

const ChannelBinding some_binding{BindingKind::exporter, {1, 2, 3}};

std::optional<Mechanism> chosen(std::initializer_list<Mechanism> offered, bool tls,
                                const ChannelBinding& binding = {}) {
  const auto choice = choose_mechanism(wanting(std::nullopt), offer(offered), {tls, binding});
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
    for (const bool tls : {false, true}) {
      const auto taken = choose_mechanism(wanting(mechanism), offer({scram_sha_256, mechanism}), {tls, {}});
      REQUIRE(taken);
      CHECK(*taken == mechanism);
      CHECK_FALSE(choose_mechanism(wanting(mechanism), offer({scram_sha_256}), {tls, {}}));
    }
  }
}

TEST_CASE("choice: what binds the login to the connection comes first where there is something to bind it to") {
  const auto all = {ntlm, plain, scram_sha_1, scram_sha_256, scram_sha_1_plus, scram_sha_256_plus};
  CHECK(chosen(all, true, some_binding) == scram_sha_256_plus);
  CHECK(chosen({plain, scram_sha_256, scram_sha_1_plus}, true, some_binding) == scram_sha_1_plus);
  CHECK(chosen(all, true) == scram_sha_256);
  CHECK(chosen(all, false) == scram_sha_256);
  CHECK_FALSE(chosen({scram_sha_1_plus, scram_sha_256_plus}, true));
}

TEST_CASE("choice: where the account wants a binding and there is none, it is said why") {
  const auto reason = [](const Protection& protection) {
    const auto choice = choose_mechanism(wanting(scram_sha_256_plus), offer({scram_sha_256_plus}), protection);
    return choice ? "" : choice.error().text;
  };
  CHECK(reason({true, some_binding}).empty());
  CHECK(reason({false, {}}) == "authentication method SCRAM-SHA-256-PLUS needs TLS");
  CHECK(reason({true, {}}) ==
        "authentication method SCRAM-SHA-256-PLUS needs TLS 1.3, or TLS 1.2 with the extended master secret");
  const auto other = choose_mechanism(wanting(scram_sha_256_plus), offer({scram_sha_256}), {true, some_binding});
  REQUIRE_FALSE(other);
  CHECK(other.error().code == ExitCode::unavailable);
  CHECK(other.error().text == "the server does not support authentication method SCRAM-SHA-256-PLUS");
}

TEST_CASE("choice: a SCRAM without binding tells that there could have been one, unless the server offered it") {
  for (const Mechanism mechanism : {scram_sha_1, scram_sha_256}) {
    CHECK(binding_to_tell(mechanism, offer({mechanism}), some_binding) == some_binding);
    CHECK(binding_to_tell(mechanism, offer({mechanism, scram_sha_256_plus}), some_binding) == ChannelBinding());
    CHECK(binding_to_tell(mechanism, offer({mechanism, scram_sha_1_plus}), some_binding) == ChannelBinding());
    CHECK(binding_to_tell(mechanism, offer({mechanism}), {}) == ChannelBinding());
  }
  CHECK(binding_to_tell(scram_sha_256_plus, offer({scram_sha_256_plus}), some_binding) == some_binding);
  CHECK(binding_to_tell(plain, offer({plain}), some_binding) == ChannelBinding());
  CHECK(binding_to_tell(gssapi, offer({gssapi}), some_binding) == ChannelBinding());
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
