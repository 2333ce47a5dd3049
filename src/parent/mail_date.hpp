// The date of a mail.
#pragma once

#include <ctime>
#include <string>

namespace msmtp {

// A moment as its sender's clock shows it.
struct LocalTime {
  std::tm fields{};
  long utc_offset = 0;  // seconds east of Greenwich
};

// "Tue, 03 Nov 2026 10:05:00 +0100" (RFC 5322, 3.3): English names whatever the locale, seconds of the
// offset dropped.
std::string mail_date(const LocalTime& time);

}  // namespace msmtp
