// What the helpers are told of an account: how to lead the session, where the password is, where to connect.
#pragma once

#include "common/messages.hpp"
#include "parent/account.hpp"

#include <optional>
#include <span>
#include <string>

namespace msmtp {

// What the network child is told before there is a connection. ACCOUNT is complete; EX_CONFIG when a value of it has
// no place in a message.
Result<Prepare> prepare_message(const Account& account, bool trace);
// The password moves from ACCOUNT into the message.
Result<Acquire> acquire_message(Account& account, const std::string& user_netrc, const std::string& system_netrc);

// Whether there is a client certificate, and so a private key.
bool needs_signer(const Account& account);
// Where that key is; an empty message when there is none.
Result<LoadKey> load_key_message(const Account& account);
// Where the PIN of a token is: where the password of ACCOUNT is, which stays there.
Result<Acquire> pin_message(const Account& account, const std::string& user_netrc, const std::string& system_netrc);

// Where we connect to ourselves, the server or its proxy, as far as that needs no resolver.
struct Destination {
  std::string host;                 // empty for a socket
  std::optional<Endpoint> numeric;  // the host is an address
  bool needs_resolver = false;
};
Destination destination_of(const Account& account);

// ENDPOINTS are the addresses of the destination, in the order to try them. EX_CONFIG when a value of ACCOUNT has no
// place in the message, EX_OSERR for a source_ip that is none.
Result<Connect> connect_message(const Account& account, std::span<const Endpoint> endpoints);

}  // namespace msmtp
