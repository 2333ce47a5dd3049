// The grammar of the settings' values.
#include "parent/setting_values.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

std::string pairs(std::size_t count, char separator) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) text += separator;
    text += "aB";
  }
  return text;
}

std::string repeated(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "ab";
  return text;
}

}  // namespace

TEST_CASE("a switch is on or off in lower case and nothing else") {
  CHECK(parse_switch("on") == true);
  CHECK(parse_switch("off") == false);
  CHECK_FALSE(parse_switch("ON").has_value());
  CHECK_FALSE(parse_switch("").has_value());
  CHECK_FALSE(parse_switch("yes").has_value());
}

TEST_CASE("auth is off, on, or each method in lower case") {
  CHECK(parse_authentication("off") == Authentication{false, std::nullopt});
  CHECK(parse_authentication("on") == Authentication{true, std::nullopt});
  CHECK(parse_authentication("plain") == Authentication{true, Mechanism::plain});
  CHECK(parse_authentication("scram-sha-256-plus") == Authentication{true, Mechanism::scram_sha_256_plus});
  CHECK(parse_authentication("xoauth2") == Authentication{true, Mechanism::xoauth2});
  CHECK_FALSE(parse_authentication("PLAIN").has_value());
  CHECK_FALSE(parse_authentication("").has_value());
  CHECK_FALSE(parse_authentication("anonymous").has_value());
}

TEST_CASE("syslog knows its facilities by their upper-case names") {
  CHECK(parse_syslog("on") == SyslogFacility::user);
  CHECK(parse_syslog("off") == SyslogFacility::off);
  CHECK(parse_syslog("LOG_MAIL") == SyslogFacility::mail);
  CHECK(parse_syslog("LOG_LOCAL0") == SyslogFacility::local0);
  CHECK(parse_syslog("LOG_LOCAL7") == SyslogFacility::local7);
  CHECK_FALSE(parse_syslog("LOG_LOCAL8").has_value());
  CHECK_FALSE(parse_syslog("LOG_DAEMON").has_value());
  CHECK_FALSE(parse_syslog("log_mail").has_value());
  CHECK_FALSE(parse_syslog("").has_value());
}

TEST_CASE("a fingerprint's length tells its digest, its separators may be mixed") {
  CHECK(normalized_fingerprints(pairs(32, ':')) == "sha256:" + repeated(32));
  CHECK(normalized_fingerprints(pairs(20, ' ')) == "sha1:" + repeated(20));
  auto mixed = pairs(16, ':');
  mixed[2] = ' ';
  CHECK(normalized_fingerprints(mixed) == "md5:" + repeated(16));
}

TEST_CASE("a fingerprint with another length, separator or digit is refused") {
  CHECK_FALSE(normalized_fingerprints("").has_value());
  CHECK_FALSE(normalized_fingerprints(pairs(31, ':')).has_value());
  CHECK_FALSE(normalized_fingerprints(pairs(16, '-')).has_value());
  CHECK_FALSE(normalized_fingerprints(repeated(16)).has_value());
  auto text = pairs(16, ':');
  text[0] = 'g';
  CHECK_FALSE(normalized_fingerprints(text).has_value());
  text = pairs(16, ':');
  text[3] = ':';
  CHECK_FALSE(normalized_fingerprints(text).has_value());
}

TEST_CASE("a fingerprint is shown in upper case with colons, whatever it was given as") {
  auto text = pairs(16, ' ');
  std::string shown;
  for (int i = 0; i < 16; ++i) shown += i == 0 ? "AB" : ":AB";
  CHECK(show_fingerprint(normalized_fingerprints(text).value()) == shown);
}

TEST_CASE("a public key's pin is 64 hex digits, pairs of them, or base64, and is shown in base64") {
  const std::string pin = "spki:sha256:" + repeated(32);
  const std::string shown = show_fingerprint(pin);
  CHECK(shown.size() == std::string("spki:sha256:").size() + 44);
  CHECK(shown.starts_with("spki:sha256:q6urq6ur"));
  CHECK(normalized_fingerprints(shown) == pin);
  CHECK(normalized_fingerprints(pin) == pin);
  CHECK(normalized_fingerprints("spki:sha256:" + pairs(32, ':')) == pin);
  CHECK(normalized_fingerprints("spki:sha256:" + pairs(32, ' ')) == pin);
}

TEST_CASE("what is no pin of a public key") {
  for (const std::string& text :
       {std::string("spki:sha256:"), std::string("spki:sha256"), "spki:" + repeated(32), "spki:sha1:" + repeated(20),
        "spki:sha256:" + repeated(31), "spki:sha256:" + repeated(33), "SPKI:sha256:" + repeated(32),
        "spki:sha256:" + std::string(43, 'A'), "spki:sha256:" + std::string(44, 'A'), "spki:sha256:" + pairs(31, ':'),
        "spki:sha256:" + std::string(63, 'a') + "g"}) {
    CAPTURE(text);
    CHECK_FALSE(normalized_fingerprints(text).has_value());
  }
}

TEST_CASE("several fingerprints and pins stand beside each other") {
  const std::string pin = "spki:sha256:" + repeated(32);
  const auto both = normalized_fingerprints(pairs(32, ':') + " , " + pin);
  CHECK(both == "sha256:" + repeated(32) + "," + pin);
  CHECK(normalized_fingerprints(show_fingerprint(*both)) == *both);
  CHECK_FALSE(normalized_fingerprints(pin + ",").has_value());
  CHECK_FALSE(normalized_fingerprints("," + pin).has_value());
  CHECK_FALSE(normalized_fingerprints(pin + ",junk").has_value());
  std::string many = pin;
  for (int i = 1; i < 50; ++i) many += "," + pin;
  CHECK(normalized_fingerprints(many).has_value());
  CHECK_FALSE(normalized_fingerprints(many + "," + pin).has_value());
}

TEST_CASE("dsn_notify is never, or a list of distinct conditions in any order") {
  CHECK(parse_dsn_notify("never") == "NEVER");
  CHECK(parse_dsn_notify("failure") == "FAILURE");
  CHECK(parse_dsn_notify("success,delay,failure") == "SUCCESS,DELAY,FAILURE");
  CHECK_FALSE(parse_dsn_notify("never,failure").has_value());
  CHECK_FALSE(parse_dsn_notify("failuredelay,").has_value());
  CHECK_FALSE(parse_dsn_notify("failure,failure").has_value());
  CHECK_FALSE(parse_dsn_notify("failure, delay").has_value());
  CHECK_FALSE(parse_dsn_notify("FAILURE").has_value());
  CHECK_FALSE(parse_dsn_notify("failure,").has_value());
  CHECK_FALSE(parse_dsn_notify("").has_value());
}
