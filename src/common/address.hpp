// Network addresses as text: read without a resolver, written for messages.
#pragma once

#include "common/messages.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// The address that TEXT spells: IPv4 as four decimal numbers without leading zeros, or IPv6 as RFC 4291, 2.2 has it.
// IPv6 may be followed by "%" and an interface, as a number or (a look-up of the system) as a name. Nothing for
// everything else, host names and the short IPv4 forms of inet_aton included: those are questions for the resolver.
std::optional<Endpoint> parse_numeric_address(std::string_view text);

// "192.0.2.1", "2001:db8::1" (RFC 5952), "fe80::1%2".
std::string to_text(const Endpoint& endpoint);

// Whether a connection to ENDPOINT stays on this machine: 127.0.0.0/8, ::1, and the former mapped into IPv6.
bool is_loopback(const Endpoint& endpoint);

// The IPv4 address that a socket for both families shows as ::ffff:192.0.2.1; any other as it is.
Endpoint without_mapping(const Endpoint& endpoint);

}  // namespace msmtp
