// The Received field that msmtpd puts before a mail (RFC 5321, 4.4).
#pragma once

#include "parent/mail_date.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// One end of a connection.
struct NamedAddress {
  std::string name;     // empty: not known
  std::string address;  // numeric
};

struct ReceivedFacts {
  std::string client_name;                  // of its EHLO or HELO
  std::optional<NamedAddress> client;       // over a network
  std::optional<NamedAddress> own;          // likewise
  std::optional<std::uint32_t> local_user;  // over a unix socket
  bool lmtp = false;
  LocalTime time;
};

// The field, in three lines that end in LF:
//   Received: from CLIENT_NAME (NAME [ADDRESS])
//   <tab>by NAME [ADDRESS] (msmtpd) with ESMTP;
//   <tab>DATE
// Names that are not known are left out; over a unix socket it is "(localhost [UNIX:uid=N])", a
// General-address-literal, and over anything else nothing in parentheses. In both cases it is "by localhost".
// CLIENT_NAME becomes "unknown" when it is empty, and "invalid" when it has anything but letters, digits, ".", ":", "-"
// and a pair of brackets around it.
std::string received_field(const ReceivedFacts& facts);

}  // namespace msmtp
