// The Received field that msmtpd puts before a mail.
#include "parent/received_field.hpp"

#include <algorithm>

namespace msmtp {

namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '-';
}

std::string_view sane_client_name(std::string_view name) {
  if (name.empty()) return "unknown";
  std::string_view inner = name;
  if (inner.starts_with('[')) inner.remove_prefix(1);
  if (inner.ends_with(']')) inner.remove_suffix(1);
  return std::ranges::all_of(inner, is_name_byte) ? name : "invalid";
}

// A name comes from whoever answers for an address.
std::string text_of(const NamedAddress& end) {
  constexpr std::size_t max_name = 255;
  const bool named = !end.name.empty() && end.name.size() <= max_name &&
                     std::ranges::all_of(end.name, [](char c) { return is_name_byte(c) || c == '_'; });
  return (named ? end.name + ' ' : std::string()) + '[' + end.address + ']';
}

std::string text_of_client(const ReceivedFacts& facts) {
  if (facts.local_user) return " (localhost [UNIX:uid=" + std::to_string(*facts.local_user) + "])";
  return facts.client ? " (" + text_of(*facts.client) + ')' : std::string();
}

}  // namespace

std::string received_field(const ReceivedFacts& facts) {
  std::string field = "Received: from ";
  field += sane_client_name(facts.client_name);
  field += text_of_client(facts) + "\n\tby ";
  field += facts.own ? text_of(*facts.own) : "localhost";
  field += facts.lmtp ? " (msmtpd) with LMTP;\n\t" : " (msmtpd) with ESMTP;\n\t";
  return field + mail_date(facts.time) + '\n';
}

}  // namespace msmtp
