// Dates of mails.
#include "parent/mail_date.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

LocalTime moment(int year, int month, int day, int weekday, int hour, int minute, int second, long utc_offset) {
  LocalTime time;
  time.fields.tm_year = year - 1900;
  time.fields.tm_mon = month - 1;
  time.fields.tm_mday = day;
  time.fields.tm_wday = weekday;
  time.fields.tm_hour = hour;
  time.fields.tm_min = minute;
  time.fields.tm_sec = second;
  time.utc_offset = utc_offset;
  return time;
}

}  // namespace

TEST_CASE("a date has two digits everywhere and its zone's sign") {
  CHECK(mail_date(moment(2026, 11, 3, 2, 9, 5, 0, 3600)) == "Tue, 03 Nov 2026 09:05:00 +0100");
  CHECK(mail_date(moment(2000, 2, 29, 2, 23, 59, 60, 0)) == "Tue, 29 Feb 2000 23:59:60 +0000");
  CHECK(mail_date(moment(2026, 1, 4, 0, 0, 0, 1, -12600)) == "Sun, 04 Jan 2026 00:00:01 -0330");
  CHECK(mail_date(moment(2026, 12, 26, 6, 12, 0, 0, 20700)) == "Sat, 26 Dec 2026 12:00:00 +0545");
}

TEST_CASE("a zone with seconds loses them, and one of less than a minute is zero") {
  CHECK(mail_date(moment(1880, 7, 1, 4, 1, 2, 3, 3208)) == "Thu, 01 Jul 1880 01:02:03 +0053");
  CHECK(mail_date(moment(1880, 7, 1, 4, 1, 2, 3, -30)) == "Thu, 01 Jul 1880 01:02:03 +0000");
}

TEST_CASE("fields out of range do not read past the names") {
  CHECK(mail_date(moment(2026, 13, 1, 7, 0, 0, 0, 0)) == "Sun, 01 Jan 2026 00:00:00 +0000");
}
