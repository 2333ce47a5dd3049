// The messages of SCRAM (RFC 5802, 7), and what a client asks of the server's first one before it spends any work on
// it.
#pragma once

#include "common/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace msmtp {

// RFC 5802 asks for 4096 rounds and more. Fewer make a stolen exchange quicker to guess from, and some old
// servers do use 1000; a server that asks for more than the maximum (about 15 s) wants our time.
inline constexpr std::uint64_t fewest_scram_rounds = 1000;
inline constexpr std::uint64_t most_scram_rounds = 10'000'000;

// A user name as SCRAM and OAUTHBEARER write it ("saslname", RFC 5801, 4).
std::string saslname(std::string_view user);

struct ScramServerFirst {
  std::string_view nonce;  // within the message
  std::string salt;        // as bytes, not empty
  std::uint64_t rounds = 0;
};

// What MESSAGE says, "r=NONCE,s=SALT,i=ROUNDS" and perhaps extensions. EX_SOFTWARE unless the nonce begins with
// CLIENT_NONCE and goes on, and the number of rounds is acceptable.
Result<ScramServerFirst> parse_scram_server_first(std::string_view message, std::string_view client_nonce);

// The error that a server's last message reports ("e=..."); empty when it does not.
std::string_view scram_server_error(std::string_view message);

}  // namespace msmtp
