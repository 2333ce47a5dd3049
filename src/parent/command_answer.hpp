// What an SMTP client is told when the command that took its mail has ended.
#pragma once

#include "common/messages.hpp"

namespace msmtp {

// STATUS: as wait(2) has it, after the whole mail. 250 for exit code 0; 451, a temporary refusal, for EX_NOHOST,
// EX_UNAVAILABLE, EX_OSERR, EX_IOERR, EX_TEMPFAIL, for 126 and 127, by which shells say that they could not execute it,
// and when a signal ended it; 554 for the rest.
ClientAnswer command_answer(int status);

}  // namespace msmtp
