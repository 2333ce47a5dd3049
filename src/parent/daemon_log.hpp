// The log of msmtpd: standard error, a file, syslog, or nothing.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace msmtp {

enum class LogTarget : std::uint8_t { none, standard_error, file, syslog };

struct LogChoice {
  LogTarget target = LogTarget::none;
  std::string path;  // of a file
};

// "none", "syslog", "-" or "stderr", or a path.
LogChoice parse_log_choice(std::string_view text);

class DaemonLog {
 public:
  enum class Kind : std::uint8_t { info, error };

  // EX_CANTCREAT with the path and the reason when the file cannot be opened. The file is created with mode 0600, and
  // appended to.
  static Result<DaemonLog> open(const LogChoice& choice);

  // One line: "YYYY-MM-DD HH:MM:SS msmtpd[PID] info: TEXT", in one write; TEXT is made printable. Standard error gets
  // it without the time where the journal reads it. A line that cannot be written is lost.
  void write(Kind kind, std::string_view text) const;
  void info(std::string_view text) const { write(Kind::info, text); }
  void error(std::string_view text) const { write(Kind::error, text); }

  // After SIGHUP. When the file cannot be opened again the old one stays, and says so.
  void reopen();
  // What a process that closes everything else has to keep; -1 for none. After move_to() the log writes to that number.
  int descriptor() const;
  void move_to(Fd fd);

 private:
  LogChoice choice_;
  Fd file_;
};

}  // namespace msmtp
