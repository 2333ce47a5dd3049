// Asking the user for the password, on the terminal.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

#include <optional>
#include <string_view>

namespace msmtp {

// Writes "password for USER at HOST: " to /dev/tty and reads a line from it without echo. Nothing when there
// is no terminal, or an end of file instead of a line.
//
// The terminal has its settings back whatever ends the wait: a line, a signal (which is then raised again),
// or PARENT, whose other end is closed (Cause::peer_gone).
Result<std::optional<Secret>> ask_for_password(std::string_view user, std::string_view host, const Fd& parent);

// The same with a QUESTION of one's own, which is printable.
Result<std::optional<Secret>> ask_on_terminal(std::string_view question, const Fd& parent);

}  // namespace msmtp
