// Addresses as the socket calls want them.
#pragma once

#include "common/messages.hpp"

#include <cstdint>
#include <optional>
#include <sys/socket.h>

namespace msmtp {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

SocketAddress socket_address(const Endpoint& endpoint, std::uint16_t port);

// The endpoint in ADDRESS; nothing for another family than IPv4 and IPv6, or for too few bytes.
std::optional<Endpoint> endpoint_of(const sockaddr& address, socklen_t size);

// Of an address that endpoint_of() knows; 0 for any other.
std::uint16_t port_of(const sockaddr& address, socklen_t size);

}  // namespace msmtp
