// The command line of msmtpd.
#pragma once

#include "common/result.hpp"
#include "parent/listen_address.hpp"
#include "parent/log_choice.hpp"
#include "parent/sender_rules.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

enum class DaemonMode : std::uint8_t { version, help, inetd, listen };

struct LoginOptions {
  std::string user;
  std::string password_command;  // empty: the key ring, then a prompt
};

struct DaemonOptions {
  DaemonMode mode = DaemonMode::listen;
  std::vector<Interface> interfaces;  // at least one in mode listen: 127.0.0.1 unless given
  std::vector<std::uint16_t> ports;   // each for every inet interface: 25 unless given
  bool names_addresses = false;       // --interface or --port was given
  LogChoice log;
  std::string command;  // as given; the default is "BINDIR/msmtp -f %F --"
  std::optional<LoginOptions> login;
  std::string user;   // become this one after binding; empty: stay
  std::string group;  // likewise; empty: that of the user
  std::uint32_t max_sessions = 256;
  std::uint64_t max_size = 256ULL * 1024 * 1024;  // octets; 0: no limit
  std::uint32_t max_recipients = 5'000;           // 1 to 10,000: all of them have to fit into one command line
  std::uint32_t idle_seconds = 300;               // --timeout
  std::uint32_t total_seconds = 3600;             // --session-timeout; 0: no limit
  bool lmtp = false;
  AllowRules allowed;
  std::vector<SenderRule> senders;
};

// ARGUMENTS without the program's name. Every error is EX_USAGE (EX_NOUSER for names that nobody has), and of several
// the first.
Result<DaemonOptions> parse_daemon_options(const std::vector<std::string>& arguments, std::string_view default_command);

}  // namespace msmtp
