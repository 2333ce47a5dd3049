// What a program does first, and its standard input, output and error.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

namespace msmtp {

// First thing in a program that users start. A caller may have closed 0, 1 or 2; what we open must never take their
// numbers. Standard input is replaced by something that cannot be read, because a mail that is not there is not an
// empty mail. Every other descriptor is close-on-exec, the process is hardened, and SIGPIPE ignored.
void begin_program();

struct StandardStreams {
  Fd input;
  Fd output;
};

// Standard input and output under other numbers. Under 0 and 1 there is /dev/null afterwards. EX_OSERR.
Result<StandardStreams> take_standard_streams();

}  // namespace msmtp
