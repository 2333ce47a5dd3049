// The log of msmtpd: standard error, a file, syslog, or nothing.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "parent/log_choice.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace msmtp {

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
  // What a process that closes everything else has to keep; -1 for none.
  int descriptor() const { return file_.number(); }
  // Before it does that: the C library's connection to syslog is closed, and made again when there is a line for it.
  void forget_connection() const;

 private:
  explicit DaemonLog(LogChoice choice) : choice_(std::move(choice)) {}

  LogChoice choice_;
  Fd file_;
  bool has_time_ = true;
};

}  // namespace msmtp
