// The system's log.
#include "parent/system_log.hpp"

#include <ctime>
#include <string>
#include <syslog.h>

namespace msmtp {

namespace {

int number_of(SyslogFacility facility) {
  switch (facility) {
    case SyslogFacility::off:
    case SyslogFacility::user: return LOG_USER;
    case SyslogFacility::mail: return LOG_MAIL;
    case SyslogFacility::local0: return LOG_LOCAL0;
    case SyslogFacility::local1: return LOG_LOCAL1;
    case SyslogFacility::local2: return LOG_LOCAL2;
    case SyslogFacility::local3: return LOG_LOCAL3;
    case SyslogFacility::local4: return LOG_LOCAL4;
    case SyslogFacility::local5: return LOG_LOCAL5;
    case SyslogFacility::local6: return LOG_LOCAL6;
    case SyslogFacility::local7: return LOG_LOCAL7;
  }
  return LOG_USER;
}

}  // namespace

void open_system_log(SyslogFacility facility) {
  if (facility == SyslogFacility::off) return;
  tzset();
  openlog("msmtp", LOG_NDELAY, number_of(facility));
}

void write_system_log(SyslogFacility facility, bool sent, std::string_view line) {
  if (facility == SyslogFacility::off) return;
  syslog(number_of(facility) | (sent ? LOG_INFO : LOG_ERR), "%s", std::string(line).c_str());
}

}  // namespace msmtp
