// sendmail mode: a mail on standard input, and the three stages in which it is sent.
#pragma once

#include "common/exit_code.hpp"
#include "parent/console.hpp"
#include "parent/options.hpp"
#include "parent/places.hpp"

namespace msmtp {

// Reads the mail and sends it, or with --pretend shows what it would do. Gives the exit code; what there is to say has
// been said and logged. The process is confined when it returns.
ExitCode send_mail(const Options& options, const Places& places, const Console& console);

}  // namespace msmtp
