// What an SMTP client is told when the process that took its mail has ended.
#pragma once

#include "common/messages.hpp"

#include <string_view>

namespace msmtp {

// STATUS: as wait(2) has it. ERRORS: the beginning of what it wrote to its standard error. 250 for exit code 0; 451, a
// temporary refusal, for EX_NOHOST, EX_UNAVAILABLE, EX_OSERR, EX_IOERR and EX_TEMPFAIL, and when a signal ended it; 554
// for the rest. The text of a refusal is the first line that is no warning, printable.
ClientAnswer delivery_answer(int status, std::string_view errors);

}  // namespace msmtp
