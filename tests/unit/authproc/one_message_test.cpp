// The messages of EXTERNAL, OAUTHBEARER and XOAUTH2, byte by byte, and what follows them.
#include "authproc/one_message.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace msmtp;
using namespace std::string_literals;

namespace {

OneMessage exchange(Mechanism mechanism, std::string_view user, std::string_view token, std::uint16_t port = 587) {
  const Secret secret = Secret::copy_of(token);
  auto started = OneMessage::start(mechanism, {user, &secret, "smtp", "mail.example", port, ""});
  REQUIRE(started);
  return std::move(*started);
}

std::string text_of(const std::optional<Secret>& message) {
  return message ? std::string(message->reveal()) : "(none)";
}

std::string first_of(Mechanism mechanism, std::string_view user, std::string_view token, std::uint16_t port = 587) {
  OneMessage one = exchange(mechanism, user, token, port);
  return text_of(one.first());
}

}  // namespace

TEST_CASE("one message: OAUTHBEARER names user, host, port and token (RFC 7628, 4.1)") {
  CHECK(
      first_of(Mechanism::oauthbearer, "joe@example.org", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==") ==
      "n,a=joe@example.org,\1host=mail.example\1port=587\1auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1");
}

TEST_CASE("one message: OAUTHBEARER escapes comma and equals sign in the user, and only there") {
  CHECK(first_of(Mechanism::oauthbearer, "a=b,c", "t=,") ==
        "n,a=a=3Db=2Cc,\1host=mail.example\1port=587\1auth=Bearer t=,\1\1");
}

TEST_CASE("one message: OAUTHBEARER leaves out a port that nobody knows") {
  CHECK(first_of(Mechanism::oauthbearer, "joe", "t", 0) == "n,a=joe,\1host=mail.example\1auth=Bearer t\1\1");
}

TEST_CASE("one message: XOAUTH2 names user and token") {
  CHECK(first_of(Mechanism::xoauth2, "a=b,c", "ya29.x") == "user=a=b,c\1auth=Bearer ya29.x\1\1");
}

TEST_CASE("one message: the longest tokens are sent whole") {
  const std::string token(48 * 1024, 'T');
  CHECK(first_of(Mechanism::oauthbearer, "joe", token).find(token) != std::string::npos);
  CHECK(first_of(Mechanism::xoauth2, "joe", token) == "user=joe\1auth=Bearer " + token + "\1\1");
}

TEST_CASE("one message: EXTERNAL waits to be asked, and then names the user or nobody") {
  for (const char* user : {"joe", ""}) {
    auto one = OneMessage::start(Mechanism::external, {user, nullptr, "smtp", "mail.example", 587, ""});
    REQUIRE(one);
    CHECK_FALSE(one->first().has_value());
    CHECK_FALSE(one->is_complete());
    CHECK(text_of(one->step()) == user);
    CHECK(one->is_complete());
    CHECK_FALSE(one->step().has_value());
  }
}

TEST_CASE("one message: the explanation of a refusal is answered once, and is no success") {
  OneMessage bearer = exchange(Mechanism::oauthbearer, "joe", "t");
  (void)bearer.first();
  CHECK(bearer.is_complete());
  CHECK(text_of(bearer.step()) == "\1");
  CHECK_FALSE(bearer.is_complete());
  CHECK_FALSE(bearer.step().has_value());
  CHECK_FALSE(bearer.is_complete());

  OneMessage old = exchange(Mechanism::xoauth2, "joe", "t");
  (void)old.first();
  CHECK(text_of(old.step()) == "");
  CHECK_FALSE(old.is_complete());
  CHECK_FALSE(old.step().has_value());
}

TEST_CASE("one message: control characters cannot make fields of their own") {
  for (const std::string& text : {"a\1b"s, "a\nb"s, "a\x7f"s, "\0"s}) {
    for (const Mechanism mechanism : {Mechanism::oauthbearer, Mechanism::xoauth2}) {
      const Secret bad = Secret::copy_of(text);
      const Secret good = Secret::copy_of("token");
      const auto user = OneMessage::start(mechanism, {text, &good, "smtp", "mail.example", 587, ""});
      REQUIRE_FALSE(user);
      CHECK(user.error().text.starts_with("the user name has characters"));
      const auto token = OneMessage::start(mechanism, {"joe", &bad, "smtp", "mail.example", 587, ""});
      REQUIRE_FALSE(token);
      CHECK(token.error().code == ExitCode::software);
      CHECK(token.error().text.starts_with("the token has characters"));
    }
    CHECK_FALSE(OneMessage::start(Mechanism::external, {text, nullptr, "smtp", "mail.example", 587, ""}));
  }
}

TEST_CASE("one message: users and tokens beyond ASCII pass unchanged") {
  CHECK(first_of(Mechanism::xoauth2, "j\xc3\xb6\x65", "t") == "user=j\xc3\xb6\x65\1auth=Bearer t\1\1");
}
