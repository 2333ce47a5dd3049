// The header fields that are written for the sender: From, To, Date, Message-ID.
#pragma once

#include "parent/account.hpp"
#include "parent/header_scan.hpp"
#include "parent/mail_date.hpp"
#include "parent/message_id.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace msmtp {

// Whole fields with their CRLF; empty when none is written.
struct GeneratedHeaders {
  std::string from;
  std::string to;
  std::string date;
  std::string message_id;
};

// What the fields are made of. No address holds CR, LF or NUL (check_address()).
struct HeaderMaterial {
  std::string_view sender;                  // as the user gave it, "MAILER-DAEMON" too
  std::span<const std::string> recipients;  // after alias expansion
  LocalTime now;
  MessageIdBytes random{};
};

// The fields that ACCOUNT asks for and the mail needs.
GeneratedHeaders generate_headers(const Account& account, const HeaderFacts& mail, const HeaderMaterial& material);

// "From: SENDER" or "From: NAME <SENDER>".
std::string from_field(std::string_view sender, const std::optional<std::string>& full_name);

// "To: A, B, C", folded so that no line is longer than 998 bytes (RFC 5322, 2.1.1).
std::string to_field(std::span<const std::string> recipients);

}  // namespace msmtp
