// Addresses as the socket calls want them.
#include "common/socket_address.hpp"

#include "common/address.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <netinet/in.h>

using namespace msmtp;

TEST_CASE("a path is the address of a unix socket as long as it fits") {
  const auto address = unix_socket_address("/run/x");
  REQUIRE(address);
  CHECK(address->family() == AF_UNIX);
  CHECK(std::string_view(reinterpret_cast<const sockaddr_un*>(address->get())->sun_path) == "/run/x");
  CHECK(unix_socket_address(std::string(max_unix_path, 'x')));
  CHECK_FALSE(unix_socket_address(std::string(max_unix_path + 1, 'x')));
}

TEST_CASE("an endpoint survives the way into a socket address and back") {
  for (const auto text : {"192.0.2.1", "2001:db8::1", "fe80::1%3"}) {
    const auto endpoint = parse_numeric_address(text);
    REQUIRE(endpoint);
    const SocketAddress address = socket_address(*endpoint, 587);
    CHECK(endpoint_of(*address.get(), address.size) == endpoint);
    CHECK_FALSE(endpoint_of(*address.get(), address.size - 1));
  }
}

TEST_CASE("the port is in network order") {
  const SocketAddress address = socket_address(*parse_numeric_address("192.0.2.1"), 587);
  sockaddr_in system;
  std::memcpy(&system, &address.storage, sizeof system);
  CHECK(ntohs(system.sin_port) == 587);
  CHECK(address.family() == AF_INET);
}

TEST_CASE("the port comes back out of both families, and of nothing else") {
  for (const auto text : {"192.0.2.1", "2001:db8::1"}) {
    const SocketAddress address = socket_address(*parse_numeric_address(text), 2500);
    CHECK(port_of(*address.get(), address.size) == 2500);
    CHECK(port_of(*address.get(), address.size - 1) == 0);
  }
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  CHECK(port_of(reinterpret_cast<const sockaddr&>(storage), sizeof storage) == 0);
}

TEST_CASE("other families are no endpoints") {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  CHECK_FALSE(endpoint_of(reinterpret_cast<const sockaddr&>(storage), sizeof storage));
}
