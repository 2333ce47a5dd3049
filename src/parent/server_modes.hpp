// Modes that ask a server something instead of sending a mail: --serverinfo and --rmqs.
#pragma once

#include "common/exit_code.hpp"
#include "parent/console.hpp"
#include "parent/options.hpp"
#include "parent/places.hpp"

namespace msmtp {

// The mode in OPTIONS, server_info or queue_start; or with --pretend what it would use. Gives the exit code; what there
// is to say has been said. The process is confined when it returns.
ExitCode run_server_mode(const Options& options, const Places& places, const Console& console);

}  // namespace msmtp
