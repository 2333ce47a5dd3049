// The substitution patterns of `from` and `domain`.
#include "parent/patterns.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

std::function<Result<std::string>()> value(std::string text) {
  return [text = std::move(text)]() -> Result<std::string> { return text; };
}

std::function<Result<std::string>()> never() {
  return []() -> Result<std::string> {
    FAIL("asked for a value that no pattern names");
    return std::string();
  };
}

PatternValues values() {
  return {value("mail.name"), value("joe"), value("canon.example"), value("host"), "sender@mail"};
}

std::string sender(std::string_view text, const PatternValues& values) {
  auto expanded = expand_sender(text, values);
  REQUIRE(expanded.has_value());
  return *expanded;
}

}  // namespace

TEST_CASE("every pattern is replaced wherever it stands") {
  CHECK(sender("%U@%M", values()) == "joe@mail.name");
  CHECK(sender("%U%U@%H.%C", values()) == "joejoe@host.canon.example");
  CHECK(sender("%F", values()) == "sender@mail");
  CHECK(sender("", values()) == "");
}

TEST_CASE("there is no escape, and other letters are no patterns") {
  CHECK(sender("%%U", values()) == "%joe");
  CHECK(sender("%u@%X%", values()) == "%u@%X%");
}

TEST_CASE("what an earlier pattern puts in a later one expands, but not the other way round") {
  auto own = values();
  own.mail_name = value("%U.%H");
  CHECK(sender("a@%M", own) == "a@joe.host");
  own.mail_sender = "%U";
  CHECK(sender("%F", own) == "%U");
  own.user = value("%U");
  CHECK(sender("%U", own) == "%U");
}

TEST_CASE("without a sender in the mail %F stays") {
  auto own = values();
  own.mail_sender.reset();
  CHECK(sender("%F@x", own) == "%F@x");
}

TEST_CASE("control characters of the values become question marks") {
  auto own = values();
  own.user = value("joe\r\nRCPT");
  CHECK(sender("%U@x", own) == "joe??RCPT@x");
}

TEST_CASE("values are only asked for when their pattern is there") {
  const PatternValues own = {never(), never(), never(), never(), std::nullopt};
  CHECK(sender("joe@example", own) == "joe@example");
  CHECK(*expand_domain("localhost", own) == "localhost");
}

TEST_CASE("a value that fails is the failure of the whole") {
  auto own = values();
  own.mail_name = []() -> Result<std::string> { return fail(ExitCode::config, "/etc/mailname: empty"); };
  const auto expanded = expand_sender("a@%M", own);
  REQUIRE_FALSE(expanded.has_value());
  CHECK(expanded.error().text == "/etc/mailname: empty");
}

TEST_CASE("a domain knows only the patterns of host names") {
  CHECK(*expand_domain("%U.%F.%M.%C.%H", values()) == "%U.%F.mail.name.canon.example.host");
}

TEST_CASE("an expansion keeps the bounds of addresses and host names") {
  auto own = values();
  own.user = value(std::string(max_mailbox, 'u'));
  CHECK(expand_sender("%U", own).has_value());
  CHECK_FALSE(expand_sender("%Ux", own).has_value());
  own.host = value(std::string(max_host + 1, 'h'));
  CHECK_FALSE(expand_domain("%H", own).has_value());
  own.mail_sender = std::string(1 << 20, 's');
  CHECK_FALSE(expand_sender(std::string(100, '%') + "F%F", own).has_value());
}

TEST_CASE("an account's domain and sender are expanded together") {
  Account account;
  account.domain = "%H";
  account.from = "%U@%C";
  REQUIRE(apply_patterns(account, values()).has_value());
  CHECK(account.domain == "host");
  CHECK(account.from == "joe@canon.example");
  Account without;
  REQUIRE(apply_patterns(without, values()).has_value());
  CHECK_FALSE(without.from.has_value());
}

TEST_CASE("auto_from replaces whatever sender there is") {
  Account account;
  account.auto_from = true;
  account.from = "other@x";
  account.maildomain = "example.org";
  REQUIRE(apply_patterns(account, values()).has_value());
  CHECK(account.from == "joe@example.org");
  account.maildomain = "";
  REQUIRE(apply_patterns(account, values()).has_value());
  CHECK(account.from == "joe");
  account.maildomain.reset();
  REQUIRE(apply_patterns(account, values()).has_value());
  CHECK(account.from == "joe");
}
