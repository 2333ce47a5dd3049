// The line that tells of one attempt to send, for the log file and for syslog.
#pragma once

#include "common/exit_code.hpp"
#include "common/result.hpp"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

struct LogFacts {
  std::optional<std::string> host;
  std::string socket;  // where the mail goes when there is no host
  bool tls = false;
  bool auth = false;
  std::optional<std::string> user;
  std::string from;
  std::vector<std::string> recipients;
  std::optional<std::uint64_t> mail_size;  // with each line end counted as one byte; only when sent to somebody
  std::string server_reply;                // lines joined by '\n', code included; empty: none
  std::optional<std::string> error;        // only when not sent to everybody
  ExitCode exit_code = ExitCode::ok;
};

// "host=H tls=on auth=on user=U from=F recipients=R1,R2 mailsize=N smtpstatus=C smtpmsg='M' errormsg='E'
// exitcode=EX_NAME" without a line end; control bytes and single quotes in any value become '?'. There is no smtpstatus
// when the server's line has no code.
std::string log_line(const LogFacts& facts);

inline constexpr std::string_view default_log_time_format = "%b %d %H:%M:%S";

// What stands before the line in a log file: the time as strftime shows it, and a blank; nothing when
// FORMAT is "none". EX_IOERR when that is empty or longer than 127 bytes.
Result<std::string> log_time(std::string_view format, const std::tm& now);

}  // namespace msmtp
