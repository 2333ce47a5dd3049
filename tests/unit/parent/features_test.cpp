// What is known and not there yet is told in one line.
#include "parent/features.hpp"

#include <catch2/catch.hpp>
#include <config.hpp>

using namespace msmtp;

TEST_CASE("a method that this build lacks matters only when it is to be used") {
  Account account;
  account.auth = {true, Mechanism::gssapi};
  CHECK(unavailable_feature(account).has_value() == !config::with_gssapi);
  account.auth.wanted = false;
  CHECK_FALSE(unavailable_feature(account).has_value());
  for (const auto mechanism :
       {Mechanism::plain, Mechanism::login, Mechanism::cram_md5, Mechanism::scram_sha_1, Mechanism::scram_sha_256,
        Mechanism::external, Mechanism::oauthbearer, Mechanism::xoauth2, Mechanism::digest_md5, Mechanism::ntlm}) {
    account.auth = {true, mechanism};
    CHECK_FALSE(unavailable_feature(account).has_value());
  }
  account.auth = {true, std::nullopt};
  CHECK_FALSE(unavailable_feature(account).has_value());
}

TEST_CASE("a login cannot be bound to a connection without TLS") {
  Account account;
  account.auth = {true, Mechanism::scram_sha_256_plus};
  CHECK(unavailable_feature(account) == "authentication method SCRAM-SHA-256-PLUS needs tls on");
  account.tls = true;
  CHECK_FALSE(unavailable_feature(account).has_value());
  account.tls = false;
  account.auth.wanted = false;
  CHECK_FALSE(unavailable_feature(account).has_value());
}

TEST_CASE("tokens and partial delivery are there") {
  Account account;
  account.tls = true;
  account.tls_key_file = account.tls_cert_file = "pkcs11:x";
  CHECK_FALSE(unavailable_feature(account).has_value());
  account.partial_delivery = true;
  CHECK_FALSE(unavailable_feature(account).has_value());
}
