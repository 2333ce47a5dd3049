// What an SMTP client is told when the command that took its mail has ended.
#pragma once

#include "common/messages.hpp"

#include <string_view>

namespace msmtp {

// STATUS: as wait(2) has it, after the whole mail. ERRORS: the beginning of what it wrote to its standard error. 250
// for exit code 0; 451, a temporary refusal, for EX_NOHOST, EX_UNAVAILABLE, EX_OSERR, EX_IOERR, EX_TEMPFAIL, for 126
// and 127, by which shells say that they could not execute it, and when a signal ended it; 554 for the rest, but 452
// when it says that there is no space left, which programs that know nothing of mail report by any exit code.
ClientAnswer command_answer(int status, std::string_view errors);

}  // namespace msmtp
