// Where msmtpd writes its log, as --log says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace msmtp {

enum class LogTarget : std::uint8_t { none, standard_error, file, syslog };

struct LogChoice {
  LogTarget target = LogTarget::none;
  std::string path;  // of a file

  friend bool operator==(const LogChoice&, const LogChoice&) = default;
};

// "none", "syslog", "-" or "stderr", or a path.
LogChoice parse_log_choice(std::string_view text);

}  // namespace msmtp
