// Accounts whose server is reached through a SOCKS proxy.
#include "parent/proxy.hpp"

#include "common/a_labels.hpp"
#include "common/address.hpp"
#include "common/text.hpp"

namespace msmtp {

namespace {

Unexpected cannot_locate(std::string_view host, std::string_view reason) {
  return fail(ExitCode::no_host, "cannot locate host " + std::string(host) + ": " + std::string(reason));
}

Result<Line<255>> name_for_proxy(std::string_view host) {
  const auto ascii = to_a_labels(host);
  if (!ascii) return cannot_locate(host, "not a name that has A-labels");
  const auto name = Line<255>::from(*ascii);
  if (!name) return cannot_locate(host, "longer than the 255 bytes that a proxy can be told");
  return *name;
}

// FNV-1a, 64 bits.
class Fingerprint {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(0);  // no text has it, so that the texts stay apart
  }

  std::string hexadecimal() const {
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(value_ >> shift) & 15];
    return text;
  }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }

  std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace

bool is_proxied(const Account& account) {
  return account.proxy_host && !account.socket;
}

std::string nearest_host(const Account& account) {
  return is_proxied(account) ? *account.proxy_host : account.host.value_or(std::string());
}

std::uint16_t nearest_port(const Account& account) {
  return is_proxied(account) ? account.proxy_port : account.port;
}

bool is_onion_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view onion = ".onion";
  return host.size() >= onion.size() && equal_ignoring_case(host.substr(host.size() - onion.size()), onion);
}

Result<ProxiedServer> proxied_server(const Account& account) {
  const std::string host = account.host.value_or(std::string());
  ProxiedServer server;
  server.port = account.port;
  server.isolation = *Line<255>::from(isolation_name(account));
  if (const auto address = parse_numeric_address(host)) {
    if (address->scope != 0) return cannot_locate(host, "a proxy knows nothing of the interfaces of this machine");
    server.numeric = true;
    server.address = *address;
  } else {
    server.name = TRY(name_for_proxy(host));
  }
  return server;
}

// With what the account logs in and as whom it sends, for accounts of the command line have no name.
std::string isolation_name(const Account& account) {
  Fingerprint fingerprint;
  fingerprint.add(account.name);
  for (const auto* text : {&account.host, &account.user, &account.from}) fingerprint.add(text->value_or(std::string()));
  return "msmtp-" + fingerprint.hexadecimal();
}

}  // namespace msmtp
