// The line about a submission.
#include "parent/delivery_log.hpp"

#include "parent/log_file.hpp"
#include "parent/system_log.hpp"

#include <clocale>
#include <ctime>

namespace msmtp {

void DeliveryLog::open(const Account& account) {
  if (account.logfile) {
    files_.try_emplace(*account.logfile, open_log_file(*account.logfile));
    (void)std::setlocale(LC_TIME, "");  // the names of months in the line's time, and nothing else
  }
  open_system_log(account.syslog);
}

void DeliveryLog::write(const Account& account, const LogFacts& facts, const Console& console) const {
  const std::string line = log_line(facts);
  write_system_log(account.syslog, facts.exit_code == ExitCode::ok, line);
  if (!account.logfile) return;
  if (const auto written = write_file(account, line); !written) {
    console.complain("cannot log to " + *account.logfile + ": " + written.error().text);
    console.complain("log info was: " + line);
  }
}

Result<void> DeliveryLog::write_file(const Account& account, const std::string& line) const {
  const auto file = files_.find(*account.logfile);
  if (file == files_.end()) return fail(ExitCode::software, "it was not opened in time");
  if (!file->second) return fail(file->second.error());
  const std::time_t now = std::time(nullptr);
  std::tm fields{};
  localtime_r(&now, &fields);
  const std::string_view format =
      account.logfile_time_format ? std::string_view(*account.logfile_time_format) : default_log_time_format;
  return append_log_line(file->second.value(), TRY(log_time(format, fields)) + line);
}

}  // namespace msmtp
