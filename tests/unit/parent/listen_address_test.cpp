// Where msmtpd listens.
#include "parent/listen_address.hpp"

#include "common/address.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

std::string inet(std::string_view text) {
  const auto interface = parse_interface(text);
  REQUIRE(interface);
  return to_text(std::get<InetInterface>(*interface).endpoint);
}

UnixInterface local(std::string_view text) {
  const auto interface = parse_interface(text);
  REQUIRE(interface);
  return std::get<UnixInterface>(*interface);
}

}  // namespace

TEST_CASE("an interface is a numeric address") {
  CHECK(inet("127.0.0.1") == "127.0.0.1");
  CHECK(inet("0.0.0.0") == "0.0.0.0");
  CHECK(inet("::") == "::");
  CHECK(inet("[::1]") == "::1");
  CHECK(inet("fe80::1%2") == "fe80::1%2");
  CHECK(inet("[fe80::1%2]") == "fe80::1%2");
}

TEST_CASE("an interface is no name, and has no port") {
  for (const std::string text : {"localhost", "127.1", "127.0.0.1:25", "[127.0.0.1]", "[::1", "::1]", "[]", "",
                                 "127.0.0.01", "*", "UNIX:/x", "/run/socket"}) {
    const auto interface = parse_interface(text);
    REQUIRE_FALSE(interface);
    CHECK(interface.error().code == ExitCode::usage);
    CHECK(interface.error().text ==
          "invalid address '" + text + "': a numeric IPv4 or IPv6 address, or unix:/path, is expected");
  }
}

TEST_CASE("a unix socket has a path, perhaps a mode and a group") {
  CHECK(local("unix:/run/x").path == "/run/x");
  CHECK(local("unix:/run/x").mode == 0666);
  CHECK(local("unix:/run/x").group.empty());
  CHECK(local("unix:/run/x,0600").mode == 0600);
  CHECK(local("unix:/run/x,0").mode == 0);
  CHECK(local("unix:/run/x,777").mode == 0777);
  CHECK(local("unix:/run/x,660,mail").mode == 0660);
  CHECK(local("unix:/run/x,660,mail").group == "mail");
}

TEST_CASE("what is wrong with a unix socket") {
  using namespace std::string_literals;
  for (const std::string& text :
       {"unix:"s, "unix:x"s, "unix:,600"s, "unix:/x,"s, "unix:/x,888"s, "unix:/x,1777"s, "unix:/x,-1"s, "unix:/x,0x1"s,
        "unix:/x,600,"s, "unix:/x,600,mail,more"s, "unix:/x\0y"s, "unix:/x, 600"s}) {
    const auto interface = parse_interface(text);
    REQUIRE_FALSE(interface);
    CHECK(interface.error().code == ExitCode::usage);
  }
}

TEST_CASE("a port is a decimal number") {
  CHECK(*parse_port("1") == 1);
  CHECK(*parse_port("65535") == 65535);
  for (const std::string text : {"0", "65536", "-1", "+1", "0x19", "smtp", "", " 25", "25 ", "4294967321"}) {
    const auto port = parse_port(text);
    REQUIRE_FALSE(port);
    CHECK(port.error().text == "invalid port '" + text + "': a number from 1 to 65535 is expected");
  }
}
