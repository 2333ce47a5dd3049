// The log of msmtpd.
#include "parent/daemon_log.hpp"

#include "common/text.hpp"
#include "parent/log_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr const char* program = "msmtpd";

// systemd says which file the journal reads: what it gets has a time already.
bool is_the_journal(int number) {
  const char* const variable = std::getenv("JOURNAL_STREAM");
  struct stat facts {};
  if (variable == nullptr || fstat(number, &facts) != 0) return false;
  return variable == std::to_string(facts.st_dev) + ':' + std::to_string(facts.st_ino);
}

// "2026-01-31 23:59:59 ".
std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  if (localtime_r(&now, &parts) == nullptr) return {};
  char text[64];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S ", &parts);
  return std::string(text, size);
}

}  // namespace

Result<DaemonLog> DaemonLog::open(const LogChoice& choice) {
  DaemonLog log(choice);
  tzset();
  if (choice.target == LogTarget::syslog) openlog(program, LOG_PID, LOG_MAIL);
  if (choice.target == LogTarget::standard_error) log.has_time_ = !is_the_journal(STDERR_FILENO);
  if (choice.target != LogTarget::file) return log;
  auto file = open_log_file(choice.path);
  if (!file) return fail(ExitCode::cannot_create, "cannot open the log " + choice.path + ": " + file.error().text);
  log.file_ = std::move(*file);
  return log;
}

void DaemonLog::write(Kind kind, std::string_view text) const {
  if (choice_.target == LogTarget::none) return;
  const std::string clean = printable(text);
  if (choice_.target == LogTarget::syslog) {
    syslog(LOG_MAIL | (kind == Kind::info ? LOG_INFO : LOG_ERR), "%s", clean.c_str());
    return;
  }
  const std::string line = (has_time_ ? time_text() : std::string()) + "msmtpd[" + std::to_string(getpid()) +
                           (kind == Kind::info ? "] info: " : "] error: ") + clean + '\n';
  const int number = choice_.target == LogTarget::file ? file_.number() : STDERR_FILENO;
  // Once: the rest of a line that did not fit would come between others'.
  while (::write(number, line.data(), line.size()) < 0 && errno == EINTR) continue;
}

void DaemonLog::reopen() {
  if (choice_.target != LogTarget::file) return;
  auto file = open_log_file(choice_.path);
  if (!file) return error("cannot open the log " + choice_.path + " again: " + file.error().text);
  file_ = std::move(*file);
}

void DaemonLog::forget_connection() const {
  if (choice_.target != LogTarget::syslog) return;
  closelog();
  openlog(program, LOG_PID, LOG_MAIL);
}

}  // namespace msmtp
