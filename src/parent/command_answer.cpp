// What an SMTP client is told when the command that took its mail has ended.
#include "parent/command_answer.hpp"

#include "common/exit_code.hpp"
#include "common/fd.hpp"

#include <cerrno>
#include <string>
#include <sys/wait.h>

namespace msmtp {

namespace {

constexpr int not_executable = 126;
constexpr int not_found = 127;

ClientAnswer answer(std::uint16_t code, const std::string& text) {
  return {code, *Line<ClientAnswer::max_text>::from(text)};
}

bool is_temporary(int code) {
  for (const ExitCode temporary : {ExitCode::no_host, ExitCode::unavailable, ExitCode::os_error, ExitCode::io_error,
                                   ExitCode::temporary_failure}) {
    if (code == static_cast<int>(temporary)) return true;
  }
  return false;
}

bool tells_of_full_disk(std::string_view errors) {
  return errors.find(error_text(ENOSPC)) != std::string_view::npos ||
         errors.find(error_text(EDQUOT)) != std::string_view::npos;
}

}  // namespace

ClientAnswer command_answer(int status, std::string_view errors) {
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : not_executable;
  if (code == 0) return answer(250, "2.0.0 Ok, mail was piped");
  if (code == not_executable || code == not_found) return answer(451, "4.3.0 Pipe command failed to execute");
  const std::string text = "Pipe command reported error " + std::to_string(code);
  if (!is_temporary(code) && tells_of_full_disk(errors)) return answer(452, "4.3.1 " + text + ", no space left");
  return is_temporary(code) ? answer(451, "4.3.0 " + text) : answer(554, "5.3.0 " + text);
}

}  // namespace msmtp
