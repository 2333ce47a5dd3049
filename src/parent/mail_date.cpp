// The date of a mail.
#include "parent/mail_date.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

namespace msmtp {

namespace {

constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string two_digits(long number) {
  const auto value = static_cast<unsigned long>(number) % 100;
  return {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
}

template <std::size_t N>
std::string name_of(const std::array<std::string_view, N>& names, int index) {
  return std::string(names[static_cast<unsigned>(index) % N]);
}

std::string zone(long utc_offset) {
  const long minutes = std::labs(utc_offset) / 60;
  const bool is_west = utc_offset < 0 && minutes > 0;  // "-0000" would mean an unknown zone
  return (is_west ? "-" : "+") + two_digits(minutes / 60) + two_digits(minutes % 60);
}

}  // namespace

std::string mail_date(const LocalTime& time) {
  const std::tm& tm = time.fields;
  return name_of(days, tm.tm_wday) + ", " + two_digits(tm.tm_mday) + ' ' + name_of(months, tm.tm_mon) + ' ' +
         std::to_string(1900L + tm.tm_year) + ' ' + two_digits(tm.tm_hour) + ':' + two_digits(tm.tm_min) + ':' +
         two_digits(tm.tm_sec) + ' ' + zone(time.utc_offset);
}

}  // namespace msmtp
