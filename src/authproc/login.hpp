// Who logs in where: what every SASL mechanism makes its messages of.
#pragma once

#include "common/channel_binding.hpp"
#include "common/secret.hpp"

#include <cstdint>
#include <string_view>

namespace msmtp {

// Borrowed, all of it.
struct Login {
  std::string_view user;             // UTF-8; empty: there is none
  const Secret* password = nullptr;  // UTF-8, or a token; nullptr: there is none
  std::string_view service;          // "smtp"
  std::string_view host;
  std::uint16_t port = 0;       // 0: not known
  std::string_view domain;      // of NTLM; empty: none
  ChannelBinding binding = {};  // as in Begin
};

}  // namespace msmtp
