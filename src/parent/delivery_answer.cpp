// What an SMTP client is told of its mail.
#include "parent/delivery_answer.hpp"

#include "common/exit_code.hpp"
#include "common/text.hpp"

#include <string>
#include <sys/wait.h>

namespace msmtp {

namespace {

// The first line, unless it is a warning and others follow.
std::string_view line_that_says_why(std::string_view errors) {
  std::string_view first;
  for (const std::string_view line : split(errors, '\n')) {
    const std::string_view text = trim_blanks(line);
    if (text.empty()) continue;
    if (text.find(": warning: ") == std::string_view::npos) return text;
    if (first.empty()) first = text;
  }
  return first;
}

bool is_temporary(int code) {
  switch (static_cast<ExitCode>(code)) {
    case ExitCode::no_host:
    case ExitCode::unavailable:
    case ExitCode::os_error:
    case ExitCode::io_error:
    case ExitCode::temporary_failure: return true;
    case ExitCode::ok:
    case ExitCode::usage:
    case ExitCode::data_error:
    case ExitCode::no_input:
    case ExitCode::no_user:
    case ExitCode::software:
    case ExitCode::os_file:
    case ExitCode::cannot_create:
    case ExitCode::protocol:
    case ExitCode::no_permission:
    case ExitCode::config: return false;
  }
  return false;
}

// The details of RFC 3463 behind the class.
std::string_view detail_of(int code) {
  switch (static_cast<ExitCode>(code)) {
    case ExitCode::no_host: return "4.4";
    case ExitCode::unavailable:
    case ExitCode::io_error: return "4.0";
    case ExitCode::os_error:
    case ExitCode::software:
    case ExitCode::os_file:
    case ExitCode::cannot_create: return "3.0";
    case ExitCode::config: return "3.5";
    case ExitCode::no_permission: return "7.0";
    case ExitCode::protocol: return "5.0";
    case ExitCode::ok:
    case ExitCode::usage:
    case ExitCode::data_error:
    case ExitCode::no_input:
    case ExitCode::no_user:
    case ExitCode::temporary_failure: return "0.0";
  }
  return "0.0";
}

ClientAnswer refusal(bool temporary, std::string_view detail, std::string_view text) {
  const std::string line = (temporary ? "4." : "5.") + std::string(detail) + ' ' + printable(text);
  return {static_cast<std::uint16_t>(temporary ? 451 : 554),
          *Line<ClientAnswer::max_text>::from(std::string_view(line).substr(0, ClientAnswer::max_text))};
}

}  // namespace

ClientAnswer delivery_answer(int status, std::string_view errors) {
  const std::string_view why = line_that_says_why(errors);
  if (!WIFEXITED(status)) {
    return refusal(true, "3.0",
                   "the process that sends the mail was killed by signal " + std::to_string(WTERMSIG(status)));
  }
  const int code = WEXITSTATUS(status);
  if (code == 0) return {250, *Line<ClientAnswer::max_text>::from("2.0.0 Ok, the mail was sent")};
  const std::string fallback = "the mail was not sent, exit code " + std::to_string(code);
  return refusal(is_temporary(code), detail_of(code), why.empty() ? fallback : why);
}

}  // namespace msmtp
