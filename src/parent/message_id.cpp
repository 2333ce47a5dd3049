// The Message-ID of a mail.
#include "parent/message_id.hpp"

#include "common/text.hpp"
#include "parent/envelope_address.hpp"

#include <algorithm>

namespace msmtp {

namespace {

// No more than host names need: what RFC 5322 allows besides (quotes apart) only invites trouble.
bool is_name_byte(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_name(std::string_view domain) {
  return std::ranges::all_of(split(domain, '.'), [](std::string_view label) {
    return !label.empty() && std::ranges::all_of(label, is_name_byte);
  });
}

bool is_literal(std::string_view domain) {
  if (domain.size() < 3 || !domain.starts_with('[') || !domain.ends_with(']')) return false;
  return std::ranges::all_of(domain.substr(1, domain.size() - 2),
                             [](char c) { return is_name_byte(c) || c == '.' || c == ':'; });
}

bool can_stand_in_id(std::string_view domain) {
  return domain.size() <= 255 && (is_name(domain) || is_literal(domain));
}

std::string_view id_domain(std::string_view account_domain, std::string_view sender, std::string_view host) {
  if (account_domain != "localhost" && can_stand_in_id(account_domain)) return account_domain;
  if (can_stand_in_id(domain_of(sender))) return domain_of(sender);
  return can_stand_in_id(host) ? host : "localhost";
}

}  // namespace

std::string message_id(const MessageIdBytes& random, std::string_view account_domain, std::string_view sender,
                       std::string_view host) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id = "<";
  for (const std::uint8_t byte : random) {
    id.push_back(digits[byte >> 4]);
    id.push_back(digits[byte & 15]);
  }
  return id.append("@").append(id_domain(account_domain, sender, host)).append(">");
}

}  // namespace msmtp
