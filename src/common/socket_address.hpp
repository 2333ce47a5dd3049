// Addresses as the socket calls want them.
#pragma once

#include "common/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

namespace msmtp {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

SocketAddress socket_address(const Endpoint& endpoint, std::uint16_t port);

// Of the unix socket at PATH; nothing when PATH is longer than max_unix_path bytes.
std::optional<SocketAddress> unix_socket_address(std::string_view path);

inline constexpr std::size_t max_unix_path = sizeof sockaddr_un::sun_path - 1;

// The endpoint in ADDRESS; nothing for another family than IPv4 and IPv6, or for too few bytes.
std::optional<Endpoint> endpoint_of(const sockaddr& address, socklen_t size);

// Of an address that endpoint_of() knows; 0 for any other.
std::uint16_t port_of(const sockaddr& address, socklen_t size);

}  // namespace msmtp
