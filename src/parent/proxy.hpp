// Accounts whose server is reached through a SOCKS proxy: what the proxy is told, and what is no question for a
// resolver of this machine.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "parent/account.hpp"

#include <string>
#include <string_view>

namespace msmtp {

// Whether the account's server is reached through a proxy: a socket stands above it.
bool is_proxied(const Account& account);

// The host that this machine itself connects to, and its port: the proxy's where there is one.
std::string nearest_host(const Account& account);
std::uint16_t nearest_port(const Account& account);

// Whether HOST is below ".onion": no name of the DNS, where asking for it would only tell others (RFC 7686, 2).
bool is_onion_name(std::string_view host);

// What the proxy is asked for. EX_NOHOST when the host is no name that a proxy can be told: longer than 255 bytes,
// without A-labels, or an address with an interface of this machine.
Result<ProxiedServer> proxied_server(const Account& account);

// The user name for the proxy by which Tor keeps the circuits of different accounts apart: always the same for one
// account, and without saying what it is made of. It is no secret.
std::string isolation_name(const Account& account);

}  // namespace msmtp
