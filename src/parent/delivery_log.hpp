// Where the line about a submission goes: opened while files may still be opened, written at the end.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "parent/account.hpp"
#include "parent/console.hpp"
#include "parent/log_line.hpp"

#include <map>
#include <string>

namespace msmtp {

class DeliveryLog {
 public:
  // Opens the account's log file, and connects to syslog; for each account that may be chosen. A log file that cannot
  // be opened is reported when the line is due: it does not keep a mail from being sent.
  void open(const Account& account);

  // Writes the line. What goes wrong is told to the user together with the line, and changes nothing else.
  void write(const Account& account, const LogFacts& facts, const Console& console) const;

 private:
  Result<void> write_file(const Account& account, const std::string& line) const;

  std::map<std::string, Result<Fd>> files_;  // by the name that the account has for it
};

}  // namespace msmtp
