// Message-IDs: unique left, valid right.
#include "parent/message_id.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

constexpr MessageIdBytes bytes = {0x00, 0x01, 0x0a, 0x10, 0xff, 0xab, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x9f};
constexpr std::string_view left = "<00010a10ffab060708090a0b0c0d0e9f@";

std::string right(std::string_view domain, std::string_view sender, std::string_view host) {
  const auto id = message_id(bytes, domain, sender, host);
  REQUIRE(id.starts_with(left));
  REQUIRE(id.ends_with('>'));
  return id.substr(left.size(), id.size() - left.size() - 1);
}

}  // namespace

TEST_CASE("the domain comes from the account, the sender, the host, in this order") {
  CHECK(right("mail.test", "a@example.com", "smtp.test") == "mail.test");
  CHECK(right("localhost", "a@example.com", "smtp.test") == "example.com");
  CHECK(right("localhost", "MAILER-DAEMON", "smtp.test") == "smtp.test");
  CHECK(right("localhost.localdomain", "a@example.com", "x") == "localhost.localdomain");
}

TEST_CASE("with a unix socket and no domain anywhere it is localhost") {
  CHECK(right("localhost", "joe", "") == "localhost");
  CHECK(right("", "", "") == "localhost");
  CHECK(right("localhost", "joe@", "") == "localhost");
}

TEST_CASE("what cannot stand in a Message-ID is passed over") {
  for (const char* domain :
       {"", "a b", "x\r\nBcc: y", "a>b", "b\xc3\xbc\x63her.test", "a..b", ".a", "a.", "(null)", "[a b]", "[]", "a]"}) {
    INFO(domain);
    CHECK(right(domain, "a@example.com", "h") == "example.com");
    CHECK(right("localhost", std::string("a@") + domain, "h.test") == "h.test");
    CHECK(right("localhost", "a", domain) == "localhost");
  }
  CHECK(right(std::string(256, 'a'), "a@example.com", "h") == "example.com");
}

TEST_CASE("address literals can stand in a Message-ID") {
  CHECK(right("localhost", "a@[192.0.2.1]", "h") == "[192.0.2.1]");
  CHECK(right("localhost", "a@[IPv6:::1]", "h") == "[IPv6:::1]");
}

TEST_CASE("a quoted @ is not where the domain begins") {
  CHECK(right("localhost", "\"a@evil\"@example.com", "h") == "example.com");
}
