// What --serverinfo prints.
#pragma once

#include "common/messages.hpp"
#include "parent/account.hpp"

#include <optional>
#include <string>

namespace msmtp {

struct ServerFacts {
  std::string peer_name;  // of the host that we are connected to, and its address; empty: not known
  std::string peer_address;
  std::optional<Secured> secured;
  Capabilities capabilities;
};

// The server of ACCOUNT by FACTS, in whole lines: who it is, TLS, and what of its capabilities matters to a client.
// What the server said is made printable.
std::string describe_server(const Account& account, const ServerFacts& facts);

// A number of bytes: "1000 bytes", "2048 bytes = 2.00 KiB"; 0: "unlimited".
std::string size_limit_text(std::uint64_t bytes);

}  // namespace msmtp
