// The way through a SOCKS 5 proxy.
#include "netproc/socks5.hpp"

#include "common/address.hpp"
#include "netproc/smtp_steps.hpp"

#include <algorithm>
#include <array>

namespace msmtp {

namespace {

constexpr char socks_version = 5;
constexpr char login_version = 1;  // of RFC 1929
constexpr char connect_command = 1;

enum class Method : unsigned char { none = 0, login = 2, no_acceptable = 0xff };
enum class AddressType : unsigned char { ipv4 = 1, name = 3, ipv6 = 4 };

// Nobody's secret: what tells the streams apart is the user name.
constexpr std::string_view isolation_password = "msmtp";

constexpr std::size_t port_size = 2;

template <class Enum>
char byte(Enum value) {
  return static_cast<char>(value);
}

unsigned char unsigned_byte(char c) {
  return static_cast<unsigned char>(c);
}

// TEXT behind its length; it is of at most 255 bytes.
std::string counted(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

// ---- requests ----

std::string method_selection(const ProxiedServer& server) {
  if (server.isolation.empty()) return {socks_version, 1, byte(Method::none)};
  return {socks_version, 2, byte(Method::none), byte(Method::login)};
}

std::string login(const ProxiedServer& server) {
  return login_version + counted(server.isolation.view()) + counted(isolation_password);
}

std::string address_of(const ProxiedServer& server) {
  if (!server.numeric) return byte(AddressType::name) + counted(server.name.view());
  const bool is_ipv4 = server.address.family == Family::ipv4;
  std::string text(1, byte(is_ipv4 ? AddressType::ipv4 : AddressType::ipv6));
  text.append(reinterpret_cast<const char*>(server.address.address.data()), is_ipv4 ? 4 : 16);
  return text;
}

std::string connect_request(const ProxiedServer& server) {
  std::string request = {socks_version, connect_command, 0};
  request += address_of(server);
  request += static_cast<char>(server.port >> 8);
  request += static_cast<char>(server.port & 0xff);
  return request;
}

// ---- failures ----

Unexpected proxy_failure(std::string reason) {
  return fail(ExitCode::unavailable, "proxy failure: " + std::move(reason));
}

std::string hexadecimal(unsigned char value) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {'0', 'x', digits[value >> 4], digits[value & 15]};
}

// The codes of RFC 1928, 6, and those with which Tor tells more about onion services.
std::string reason_of(unsigned char code) {
  switch (code) {
    case 0x01: return "general failure of the proxy";
    case 0x02: return "the rules of the proxy do not allow it";
    case 0x03: return "the network is unreachable from the proxy";
    case 0x04: return "the host is unreachable from the proxy, or there is no such host";
    case 0x05: return "the server refuses the connection";
    case 0x06: return "the connection took too long (TTL expired)";
    case 0x07: return "the proxy cannot connect to servers (command not supported)";
    case 0x08: return "the proxy cannot use this kind of address";
    case 0xf0: return "the onion service's descriptor cannot be found";
    case 0xf1: return "the onion service's descriptor is not valid";
    case 0xf2: return "the introduction to the onion service failed";
    case 0xf3: return "the rendezvous with the onion service failed";
    case 0xf4: return "the onion service wants client authorization";
    case 0xf5: return "the onion service does not accept the client authorization";
    case 0xf6: return "the onion address is not valid";
    case 0xf7: return "the introduction to the onion service timed out";
    default: return "the reply code " + hexadecimal(code) + " is unknown";
  }
}

Unexpected not_connected(const ProxiedServer& server, unsigned char code) {
  const std::string host = server.numeric ? to_text(server.address) : server.name.str();
  return proxy_failure("cannot connect to " + host + ", port " + std::to_string(server.port) + ": " + reason_of(code));
}

Unexpected not_socks() {
  return proxy_failure("the reply is not one of SOCKS version 5");
}

}  // namespace

SocksExchange::SocksExchange(const ProxiedServer& server) : server_(server), output_(method_selection(server)) {
  expect(Part::method, 2);
}

Result<void> SocksExchange::feed(std::string_view bytes) {
  part_ += bytes.substr(0, wanted());
  if (wanted() != 0) return {};
  return take_part(std::exchange(part_, {}));
}

Result<void> SocksExchange::take_part(std::string_view part) {
  switch (awaited_) {
    case Part::method: return take_method(part);
    case Part::login: return take_login(part);
    case Part::outcome: return take_outcome(part);
    case Part::address_type: return take_address_type(part);
    case Part::name_length: expect(Part::bound_address, unsigned_byte(part[0]) + port_size); return {};
    case Part::bound_address: needed_ = 0; return {};  // nobody asks where the proxy's end is
  }
  return {};
}

Result<void> SocksExchange::take_method(std::string_view part) {
  if (part[0] != socks_version) return not_socks();
  switch (Method{unsigned_byte(part[1])}) {
    case Method::none: ask_for_connection(); return {};
    case Method::login:
      if (server_.isolation.empty()) break;
      output_ = login(server_);
      expect(Part::login, 2);
      return {};
    case Method::no_acceptable: return proxy_failure("the proxy wants an authentication that we do not have");
  }
  return proxy_failure("the proxy chose an authentication that was not offered");
}

Result<void> SocksExchange::take_login(std::string_view part) {
  if (part[0] != login_version) return proxy_failure("the reply to the login is not one of RFC 1929");
  if (part[1] != 0) return proxy_failure("the proxy wants a user name and a password of its own");
  ask_for_connection();
  return {};
}

// The refusal is taken at its word before the rest of it comes, which some proxies spare themselves.
Result<void> SocksExchange::take_outcome(std::string_view part) {
  if (part[0] != socks_version) return not_socks();
  if (part[1] != 0) return not_connected(server_, unsigned_byte(part[1]));
  expect(Part::address_type, 2);
  return {};
}

// PART begins with the reserved byte.
Result<void> SocksExchange::take_address_type(std::string_view part) {
  switch (AddressType{unsigned_byte(part[1])}) {
    case AddressType::ipv4: expect(Part::bound_address, 4 + port_size); return {};
    case AddressType::ipv6: expect(Part::bound_address, 16 + port_size); return {};
    case AddressType::name: expect(Part::name_length, 1); return {};
  }
  return proxy_failure("the reply has an address of an unknown type");
}

void SocksExchange::expect(Part awaited, std::size_t size) {
  awaited_ = awaited;
  needed_ = size;
}

void SocksExchange::ask_for_connection() {
  output_ = connect_request(server_);
  expect(Part::outcome, 2);
}

Result<void> ask_proxy(Stream& stream, const ProxiedServer& server, const Deadline& deadline) {
  SocksExchange exchange(server);
  std::array<char, SocksExchange::most_wanted> room{};
  while (exchange.wanted() != 0) {
    if (const std::string request = exchange.take_output(); !request.empty()) TRY(stream.write(request, deadline));
    auto count = stream.read(std::span(room).first(exchange.wanted()), deadline);
    if (count && *count == 0) count = fail(ExitCode::io_error, "the proxy closed the connection");
    if (!count) {
      return fail(count.error().code, "no valid " + std::string(name(Step::proxy)) + ": " + count.error().text);
    }
    TRY(exchange.feed({room.data(), *count}));
  }
  return {};
}

}  // namespace msmtp
