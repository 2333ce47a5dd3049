// The Received field of msmtpd.
#include "parent/received_field.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace msmtp;

namespace {

LocalTime moment() {
  LocalTime time;
  time.fields.tm_year = 126;
  time.fields.tm_mon = 10;
  time.fields.tm_mday = 3;
  time.fields.tm_wday = 2;
  time.fields.tm_hour = 10;
  time.fields.tm_min = 5;
  time.utc_offset = 3600;
  return time;
}

ReceivedFacts facts(std::string_view name = "client.test") {
  ReceivedFacts facts;
  facts.client_name = name;
  facts.time = moment();
  return facts;
}

const std::string date = "\tTue, 03 Nov 2026 10:05:00 +0100\n";

}  // namespace

TEST_CASE("of a network client: names and addresses of both ends") {
  ReceivedFacts known = facts();
  known.client = NamedAddress{"far.test", "192.0.2.7"};
  known.own = NamedAddress{"here.test", "2001:db8::1"};
  CHECK(received_field(known) ==
        "Received: from client.test (far.test [192.0.2.7])\n"
        "\tby here.test [2001:db8::1] (msmtpd) with ESMTP;\n" +
            date);
}

TEST_CASE("names that are not known are left out, and so is what is no name") {
  for (const std::string& name : {std::string(), std::string("a b"), std::string("a\nb"), std::string("x)"),
                                  std::string("j\xc3\xb6"), std::string(256, 'a')}) {
    ReceivedFacts known = facts();
    known.client = NamedAddress{name, "192.0.2.7"};
    known.own = NamedAddress{name, "192.0.2.1"};
    INFO(name);
    CHECK(received_field(known) ==
          "Received: from client.test ([192.0.2.7])\n\tby [192.0.2.1] (msmtpd) with ESMTP;\n" + date);
  }
}

TEST_CASE("of a client on this machine") {
  CHECK(received_field(facts()) == "Received: from client.test\n\tby localhost (msmtpd) with ESMTP;\n" + date);
  ReceivedFacts known = facts();
  known.local_user = 1000;
  CHECK(received_field(known) ==
        "Received: from client.test (localhost [UNIX:uid=1000])\n\tby localhost (msmtpd) with ESMTP;\n" + date);
}

TEST_CASE("under LMTP") {
  ReceivedFacts known = facts();
  known.lmtp = true;
  CHECK(received_field(known) == "Received: from client.test\n\tby localhost (msmtpd) with LMTP;\n" + date);
}

TEST_CASE("what the client calls itself is a name, an address, or nothing that is repeated") {
  const auto shown = [](std::string_view name) {
    const std::string field = received_field(facts(name));
    return field.substr(15, field.find('\n') - 15);
  };
  for (const char* good : {"a", "a.B-9", "[192.0.2.1]", "[IPv6:2001:db8::1]", "fe80::1", "-", "[", "]"}) {
    CHECK(shown(good) == good);
  }
  CHECK(shown("") == "unknown");
  for (const char* bad :
       {"a b", "a_b", "a(b", "a[b]", "[a]b", "[[a]]", "x;y", "j\xc3\xb6", "a\tb", "a\nb", "\"a\"", "(", "a\\"}) {
    CHECK(shown(bad) == "invalid");
  }
}
