// The header fields that are written for the sender.
#include "parent/generated_headers.hpp"

#include "parent/display_name.hpp"
#include "parent/envelope_address.hpp"

#include <cstddef>

namespace msmtp {

namespace {

constexpr std::size_t longest_line = 998;            // RFC 5322, 2.1.1
constexpr std::size_t longest_line_with_words = 76;  // RFC 2047, 2
static_assert(std::string_view("To: ,").size() + max_address_size <= longest_line);

std::size_t last_line_size(std::string_view text) {
  return text.size() - (text.rfind('\n') + 1);  // without a line end rfind() + 1 is 0
}

std::string chosen_to_field(const Account& account, std::span<const std::string> recipients) {
  switch (account.set_to_header) {
    case ToHeader::recipients: return to_field(recipients);
    case ToHeader::undisclosed_recipients: return "To: undisclosed-recipients:;\r\n";
    case ToHeader::original: break;
  }
  return {};
}

bool is_wanted(HeaderPolicy policy, bool mail_has_it) {
  return policy == HeaderPolicy::always || (policy == HeaderPolicy::automatic && !mail_has_it);
}

}  // namespace

GeneratedHeaders generate_headers(const Account& account, const HeaderFacts& mail, const HeaderMaterial& material) {
  GeneratedHeaders fields;
  if (is_wanted(account.set_from_header, mail.has_from)) {
    fields.from = from_field(material.sender, account.from_full_name);
  }
  fields.to = chosen_to_field(account, material.recipients);
  if (is_wanted(account.set_date_header, mail.has_date)) fields.date = "Date: " + mail_date(material.now) + "\r\n";
  if (is_wanted(account.set_msgid_header, mail.has_message_id)) {
    fields.message_id =
        "Message-ID: " +
        message_id(material.random, account.domain, material.sender, account.host.value_or(std::string())) + "\r\n";
  }
  return fields;
}

std::string from_field(std::string_view sender, const std::optional<std::string>& full_name) {
  std::string field = "From: ";
  if (!full_name) return field.append(sender).append("\r\n");

  const Phrase phrase = phrase_of(*full_name);
  const std::string address = '<' + std::string(sender) + '>';
  const auto limit = phrase.encoded ? longest_line_with_words : longest_line;
  field += phrase.text;
  field += last_line_size(field) + 1 + address.size() > limit ? "\r\n " : " ";
  return field + address + "\r\n";
}

std::string to_field(std::span<const std::string> recipients) {
  std::string field = "To:";
  std::size_t line = field.size();
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const bool is_last = i + 1 == recipients.size();
    const std::size_t size = recipients[i].size() + (is_last ? 0 : 1);
    const bool fits = line + 1 + size <= longest_line;
    field += fits ? " " : "\r\n ";
    line = (fits ? line : 0) + 1 + size;
    field += recipients[i];
    if (!is_last) field += ',';
  }
  return field + "\r\n";
}

}  // namespace msmtp
