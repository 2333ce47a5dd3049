// The address of a --from rule.
#include "parent/sender_pattern.hpp"

#include "common/text.hpp"
#include "parent/envelope_address.hpp"

#include <algorithm>
#include <optional>

namespace msmtp {

namespace {

// PATTERN with NAME for each "%U"; nothing when a percent sign stands before anything else.
std::optional<std::string> replace_percents(std::string_view pattern, std::string_view name) {
  std::string filled;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      filled.push_back(pattern[i]);
      continue;
    }
    const std::string_view pair = pattern.substr(i++, 2);
    if (pair == "%U") {
      filled += name;
    } else if (pair == "%%") {
      filled.push_back('%');
    } else {
      return std::nullopt;
    }
  }
  return filled;
}

// RFC 5322's atext, the dot between atoms, and what RFC 6531 adds.
bool stands_in_local_part(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

}  // namespace

Result<void> check_sender_pattern(std::string_view pattern) {
  if (pattern.empty()) return fail(ExitCode::usage, "no address after the colon");
  const auto example = replace_percents(pattern, "x");
  if (!example) {
    return fail(ExitCode::usage, "in the address '" + std::string(pattern.substr(0, 80)) +
                                     "' a percent sign stands before neither U nor another one");
  }
  return check_address(*example, "address", ExitCode::usage);
}

bool wants_login_name(std::string_view pattern) {
  return replace_percents(pattern, "x") != replace_percents(pattern, "");
}

Result<std::string> fill_sender_pattern(std::string_view pattern, std::string_view login_name) {
  if (login_name.empty() || !std::ranges::all_of(login_name, stands_in_local_part)) {
    return fail(ExitCode::no_user,
                "login name '" + std::string(login_name.substr(0, 80)) + "' cannot stand in an address");
  }
  const auto filled = replace_percents(pattern, login_name).value_or("");
  TRY(check_address(filled, "address", ExitCode::no_user));
  return filled;
}

}  // namespace msmtp
