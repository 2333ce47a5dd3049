// Network addresses as text.
#include "common/address.hpp"

#include <catch2/catch.hpp>
#include <net/if.h>

using namespace msmtp;

namespace {

std::string round_trip(std::string_view text) {
  const auto endpoint = parse_numeric_address(text);
  return endpoint ? to_text(*endpoint) : "none";
}

}  // namespace

TEST_CASE("numeric addresses are read and written in their shortest form") {
  CHECK(round_trip("192.0.2.1") == "192.0.2.1");
  CHECK(round_trip("2001:DB8:0:0:0:0:0:1") == "2001:db8::1");
  CHECK(round_trip("::") == "::");
  CHECK(round_trip("::ffff:192.0.2.1") == "::ffff:192.0.2.1");
  CHECK(round_trip("fe80::1%7") == "fe80::1%7");
}

TEST_CASE("the bytes of an address are in network order") {
  const auto endpoint = parse_numeric_address("192.0.2.1");
  REQUIRE(endpoint);
  CHECK(endpoint->family == Family::ipv4);
  CHECK(endpoint->address == std::array<std::uint8_t, 16>{192, 0, 2, 1});
  CHECK(parse_numeric_address("::1")->family == Family::ipv6);
}

TEST_CASE("host names and odd spellings are no numeric addresses") {
  const std::string_view refused[] = {"",
                                      "localhost",
                                      "127.1",
                                      "2130706433",
                                      "0x7f.0.0.1",
                                      "010.0.0.1",
                                      "1.2.3.4.5",
                                      "1.2.3.256",
                                      " 1.2.3.4",
                                      "1.2.3.4 ",
                                      "[::1]",
                                      ":::1",
                                      "12345::",
                                      "1.2.3.4%1",
                                      "::1%",
                                      "::1%nosuchinterface",
                                      "::1%4294967296",
                                      std::string_view("1.2.3.4\0", 8),
                                      std::string_view("::1%lo\0", 7)};
  for (const auto text : refused) {
    CAPTURE(text);
    CHECK(round_trip(text) == "none");
  }
  CHECK(round_trip(std::string(5000, '1')) == "none");
}

TEST_CASE("an interface may be given by name") {
  char name[IF_NAMESIZE];
  REQUIRE(if_indextoname(1, name) != nullptr);
  CHECK(round_trip(std::string("fe80::1%") + name) == "fe80::1%1");
}

TEST_CASE("loopback is told from everything else") {
  for (const auto text : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"}) {
    CAPTURE(text);
    CHECK(is_loopback(*parse_numeric_address(text)));
  }
  for (const auto text : {"128.0.0.1", "0.0.0.0", "::", "::2", "::ffff:128.0.0.1", "::127.0.0.1", "7f00::1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_loopback(*parse_numeric_address(text)));
  }
}

TEST_CASE("an IPv4 address in IPv6 is an IPv4 address") {
  for (const auto& [text, plain] :
       {std::pair("::ffff:192.0.2.1", "192.0.2.1"), std::pair("::1", "::1"), std::pair("::192.0.2.1", "::c000:201"),
        std::pair("2001:db8::1", "2001:db8::1"), std::pair("127.0.0.1", "127.0.0.1")}) {
    CHECK(to_text(without_mapping(*parse_numeric_address(text))) == to_text(*parse_numeric_address(plain)));
  }
}
