// Parsing of the reply to EHLO.
#include "netproc/smtp_capabilities.hpp"

#include "common/cursor.hpp"
#include "common/text.hpp"
#include "netproc/smtp_reply.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace msmtp {

namespace {

struct Flag {
  std::string_view keyword;
  bool Capabilities::*member;
};

constexpr std::array<Flag, 8> flags = {{
    {"STARTTLS", &Capabilities::starttls},
    {"PIPELINING", &Capabilities::pipelining},
    {"8BITMIME", &Capabilities::eight_bit_mime},
    {"SMTPUTF8", &Capabilities::smtputf8},
    {"CHUNKING", &Capabilities::chunking},
    {"DSN", &Capabilities::dsn},
    {"ETRN", &Capabilities::etrn},
    {"ENHANCEDSTATUSCODES", &Capabilities::enhanced_status_codes},
}};

void take_size(std::string_view parameter, Capabilities& capabilities) {
  const auto number = parameter.empty() ? 0 : parse_decimal(parameter, std::numeric_limits<std::uint64_t>::max());
  if (!number) return;
  capabilities.size = true;
  if (*number == 0) return;
  const bool first = capabilities.size_limit == 0;
  capabilities.size_limit = first ? *number : std::min(capabilities.size_limit, *number);
}

void take_mechanisms(std::string_view list, Capabilities& capabilities) {
  capabilities.auth = true;
  for (const std::string_view word : split(list, ' ')) {
    if (const auto mechanism = mechanism_named(trim_blanks(word))) capabilities.mechanisms.add(*mechanism);
  }
}

void take_line(std::string_view line, Capabilities& capabilities) {
  Cursor cursor(line);
  cursor.skip_blanks();
  const std::string_view keyword = cursor.take_while([](char c) { return c != ' ' && c != '\t' && c != '='; });
  const std::string_view parameters = trim_blanks(cursor.rest());
  if (equal_ignoring_case(keyword, "AUTH")) {
    take_mechanisms(parameters.starts_with('=') ? parameters.substr(1) : parameters, capabilities);
  } else if (equal_ignoring_case(keyword, "SIZE")) {
    take_size(parameters, capabilities);
  } else {
    for (const Flag& flag : flags) {
      if (equal_ignoring_case(keyword, flag.keyword)) capabilities.*flag.member = true;
    }
  }
}

}  // namespace

Capabilities parse_capabilities(std::string_view reply_text) {
  Capabilities capabilities;
  capabilities.extended = true;
  const auto lines = split(reply_text, '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) take_line(text_after_code(lines[i]), capabilities);
  return capabilities;
}

}  // namespace msmtp
