// A command that the configuration names, run by the shell for its first line of output: eval, passwordeval.
#pragma once

#include "common/deadline.hpp"
#include "common/exit_code.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

#include <string_view>

namespace msmtp {

struct CommandRules {
  int stderr_number = 2;                  // borrowed: where the command's own messages go
  ExitCode failure = ExitCode::io_error;  // the code of every error that is the command's
};

// The first line that /bin/sh -c COMMAND writes, without its LF or CRLF; at most 64 KiB and no NUL.
//
// The command gets /dev/null as its input, no descriptor above 2, default signal actions, the caller's
// environment, and the real user and group of a set-id program (without the loader's LD_ variables then).
// It stays in our session and process group, so that it can talk to the user's terminal; when the
// deadline passes, the shell and what it has started are ended. Call it outside every sandbox: its commands would
// inherit that.
//
// Errors: a status other than 0 or a signal, no output, a line that is too long, the deadline.
Result<Secret> run_command(std::string_view command, const Deadline& deadline, const CommandRules& rules = {});

}  // namespace msmtp
