// What an NTLM client asks of a server's challenge before a library copies from it (MS-NLMP, 2.2.1.2).
#pragma once

#include "common/result.hpp"

#include <cstddef>
#include <string_view>

namespace msmtp {

// Longest user and domain, in bytes: each is written twice as wide, the user twice, into a message of 1 KiB.
inline constexpr std::size_t longest_ntlm_name = 150;

// Whether MESSAGE is a CHALLENGE_MESSAGE whose target name lies within it. EX_SOFTWARE otherwise: what a message refers
// to behind its end would be sent to the server from our memory.
Result<void> check_ntlm_challenge(std::string_view message);

}  // namespace msmtp
