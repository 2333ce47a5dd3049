// The system's log. Its connection belongs to the whole process, so these are functions.
#pragma once

#include "parent/account.hpp"

#include <string_view>

namespace msmtp {

// Connects to the system's log now, and reads the time zone, because later neither may be opened. Does
// nothing for SyslogFacility::off. There is no error: without a log daemon the lines are lost.
void open_system_log(SyslogFacility facility);

// Writes LINE, which has no control bytes, as "msmtp: LINE": LOG_INFO when the mail was sent, else LOG_ERR. Nothing for
// SyslogFacility::off.
void write_system_log(SyslogFacility facility, bool sent, std::string_view line);

}  // namespace msmtp
