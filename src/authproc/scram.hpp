// What a SCRAM client asks of a server's first message before it spends any work on it (RFC 5802, 7).
#pragma once

#include "common/result.hpp"

#include <cstdint>
#include <string_view>

namespace msmtp {

// RFC 5802 asks for 4096 rounds and more. Fewer make a stolen exchange quicker to guess from, and some old
// servers do use 1000; a server that asks for more than the maximum (about 15 s) wants our time.
inline constexpr std::uint64_t fewest_scram_rounds = 1000;
inline constexpr std::uint64_t most_scram_rounds = 10'000'000;

// The client's nonce in its first message, "n,,n=USER,r=NONCE"; empty when there is none.
std::string_view scram_nonce(std::string_view client_first);

// Whether MESSAGE is "r=NONCE,s=SALT,i=ROUNDS" and perhaps extensions, with a nonce that begins with
// CLIENT_NONCE and goes on, and an acceptable number of rounds. EX_SOFTWARE otherwise.
Result<void> check_scram_server_first(std::string_view message, std::string_view client_nonce);

// The error that a server's last message reports ("e=..."); empty when it does not.
std::string_view scram_server_error(std::string_view message);

}  // namespace msmtp
