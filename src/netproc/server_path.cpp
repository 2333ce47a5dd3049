// The paths of MAIL and RCPT.
#include "netproc/server_path.hpp"

#include "common/text.hpp"

#include <string_view>

namespace msmtp {

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

bool is_alphanumeric(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// atext of RFC 5322, 3.2.3, the dot and UTF-8.
bool is_local_byte(char c) {
  return is_alphanumeric(c) || std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_domain_byte(char c) {
  return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
}

bool is_literal_byte(char c) {
  return is_alphanumeric(c) || c == '.' || c == ':' || c == '-';
}

// With its quotes; nothing when it is not closed.
std::optional<std::string_view> take_quoted(Cursor& cursor) {
  const std::string_view start = cursor.rest();
  cursor.skip('"');
  while (const auto c = cursor.take()) {
    if (is_control(*c)) return std::nullopt;
    if (*c == '"') return start.substr(0, start.size() - cursor.rest().size());
    if (*c == '\\') {
      const auto escaped = cursor.take();
      if (!escaped || is_control(*escaped)) return std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> take_local_part(Cursor& cursor) {
  if (cursor.next_is('"')) return take_quoted(cursor);
  const std::string_view part = cursor.take_while(is_local_byte);
  return part.empty() ? std::nullopt : std::optional(part);
}

// A name, or an address in brackets.
std::optional<std::string_view> take_domain(Cursor& cursor) {
  const std::string_view start = cursor.rest();
  if (cursor.skip('[')) {
    if (cursor.take_while(is_literal_byte).empty() || !cursor.skip(']')) return std::nullopt;
    return start.substr(0, start.size() - cursor.rest().size());
  }
  const std::string_view name = cursor.take_while(is_domain_byte);
  return name.empty() || name.front() == '.' ? std::nullopt : std::optional(name);
}

bool skip_source_route(Cursor& cursor) {
  do {
    if (!cursor.skip('@') || !take_domain(cursor)) return false;
  } while (cursor.skip(','));
  return cursor.skip(':');
}

}  // namespace

std::optional<std::string> take_path(Cursor& cursor) {
  if (!cursor.skip('<')) return std::nullopt;
  if (cursor.skip('>')) return std::string();
  if (cursor.next_is('@') && !skip_source_route(cursor)) return std::nullopt;
  const auto local = take_local_part(cursor);
  if (!local) return std::nullopt;
  std::string path(*local);
  if (cursor.skip('@')) {
    const auto domain = take_domain(cursor);
    if (!domain) return std::nullopt;
    path.append("@").append(*domain);
  }
  if (!cursor.skip('>') || path.size() > max_path_size || !is_utf8(path)) return std::nullopt;
  return path;
}

}  // namespace msmtp
