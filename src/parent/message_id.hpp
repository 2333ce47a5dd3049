// The Message-ID of a mail.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace msmtp {

using MessageIdBytes = std::array<std::uint8_t, 16>;

// "<32 hex digits@DOMAIN>" (RFC 5322, 3.6.4). RANDOM makes it unique and tells nothing of the host or the
// clock. DOMAIN is the first of these that can stand there (a dot-atom or an address literal, ASCII, at
// most 255 bytes): the account's domain unless it is "localhost", the domain of the sender, the server's
// host, and "localhost".
std::string message_id(const MessageIdBytes& random, std::string_view account_domain, std::string_view sender,
                       std::string_view host);

}  // namespace msmtp
