// Addresses as the socket calls want them.
#include "common/socket_address.hpp"

#include <cstring>
#include <netinet/in.h>

namespace msmtp {

namespace {

template <class System>
SocketAddress in_storage(const System& address) {
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return result;
}

// A copy, for ADDRESS may be less aligned than System.
template <class System>
System read_as(const sockaddr& address) {
  System copy;
  std::memcpy(&copy, &address, sizeof copy);
  return copy;
}

}  // namespace

SocketAddress socket_address(const Endpoint& endpoint, std::uint16_t port) {
  if (endpoint.family == Family::ipv4) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    std::memcpy(&address.sin_addr, endpoint.address.data(), sizeof address.sin_addr);
    return in_storage(address);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_scope_id = endpoint.scope;
  std::memcpy(&address.sin6_addr, endpoint.address.data(), sizeof address.sin6_addr);
  return in_storage(address);
}

std::optional<SocketAddress> unix_socket_address(std::string_view path) {
  if (path.size() > max_unix_path) return std::nullopt;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return result;
}

std::optional<Endpoint> endpoint_of(const sockaddr& address, socklen_t size) {
  Endpoint endpoint;
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
    const auto system = read_as<sockaddr_in>(address);
    std::memcpy(endpoint.address.data(), &system.sin_addr, sizeof system.sin_addr);
    return endpoint;
  }
  if (address.sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    const auto system = read_as<sockaddr_in6>(address);
    endpoint.family = Family::ipv6;
    endpoint.scope = system.sin6_scope_id;
    std::memcpy(endpoint.address.data(), &system.sin6_addr, sizeof system.sin6_addr);
    return endpoint;
  }
  return std::nullopt;
}

std::uint16_t port_of(const sockaddr& address, socklen_t size) {
  if (address.sa_family == AF_INET && size >= sizeof(sockaddr_in)) return ntohs(read_as<sockaddr_in>(address).sin_port);
  if (address.sa_family != AF_INET6 || size < sizeof(sockaddr_in6)) return 0;
  return ntohs(read_as<sockaddr_in6>(address).sin6_port);
}

}  // namespace msmtp
