// Network addresses as text.
#include "common/address.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <span>

namespace msmtp {

namespace {

int system_family(Family family) {
  return family == Family::ipv4 ? AF_INET : AF_INET6;
}

// An interface as its number; nothing when there is no such interface. Numbers need not exist.
std::optional<std::uint32_t> parse_scope(std::string_view text) {
  if (const auto number = parse_decimal(text, UINT32_MAX)) return static_cast<std::uint32_t>(*number);
  if (text.empty() || text.size() >= IF_NAMESIZE || text.find('\0') != std::string_view::npos) return std::nullopt;
  const unsigned index = if_nametoindex(std::string(text).c_str());
  return index == 0 ? std::nullopt : std::optional<std::uint32_t>(index);
}

// TEXT without its scope.
std::optional<Endpoint> parse_plain_address(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    Endpoint endpoint;
    endpoint.family = family;
    if (inet_pton(system_family(family), terminated.c_str(), endpoint.address.data()) == 1) return endpoint;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Endpoint> parse_numeric_address(std::string_view text) {
  const auto percent = text.find('%');
  auto endpoint = parse_plain_address(text.substr(0, percent));
  if (!endpoint || percent == std::string_view::npos) return endpoint;
  const auto scope = parse_scope(text.substr(percent + 1));
  if (endpoint->family != Family::ipv6 || !scope) return std::nullopt;
  endpoint->scope = *scope;
  return endpoint;
}

std::string to_text(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(system_family(endpoint.family), endpoint.address.data(), text, sizeof text);
  std::string result = text;
  if (endpoint.scope != 0) result += "%" + std::to_string(endpoint.scope);
  return result;
}

bool is_loopback(const Endpoint& endpoint) {
  const std::span<const std::uint8_t> bytes = endpoint.address;
  if (endpoint.family == Family::ipv4) return bytes[0] == 127;
  constexpr std::array<std::uint8_t, 16> one = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<std::uint8_t, 13> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127};
  return std::ranges::equal(bytes, one) || std::ranges::equal(bytes.first(mapped.size()), mapped);
}

Endpoint without_mapping(const Endpoint& endpoint) {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const std::span bytes(endpoint.address);
  if (endpoint.family != Family::ipv6 || !std::ranges::equal(bytes.first(mapped.size()), mapped)) return endpoint;
  Endpoint plain;
  std::ranges::copy(bytes.subspan(mapped.size()), plain.address.begin());
  return plain;
}

}  // namespace msmtp
