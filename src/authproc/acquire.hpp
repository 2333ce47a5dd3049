// Where the password comes from.
#pragma once

#include "common/fd.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

#include <optional>

namespace msmtp {

// The password that QUESTION asks for: the one in it, the first line of its command's output, or the first
// that the key ring, the user's netrc, the system's netrc and the terminal have. Nothing when they have none.
//
// Errors: EX_CONFIG when the command fails or a user's netrc is open to others; Cause::peer_gone when
// PARENT, the channel, is closed while the terminal is asked.
//
// PROMPT is what the terminal says; empty: "password for USER at HOST: ".
Result<std::optional<Secret>> acquire_password(Acquire question, const Fd& parent, std::string_view prompt = {});

}  // namespace msmtp
