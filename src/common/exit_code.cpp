// Names of the exit codes, for the log line.
#include "common/exit_code.hpp"

namespace msmtp {

bool is_valid(ExitCode code) {
  return code == ExitCode::ok || (code >= ExitCode::usage && code <= ExitCode::config);
}

std::string_view name(ExitCode code) {
  switch (code) {
    case ExitCode::ok: return "EX_OK";
    case ExitCode::usage: return "EX_USAGE";
    case ExitCode::data_error: return "EX_DATAERR";
    case ExitCode::no_input: return "EX_NOINPUT";
    case ExitCode::no_user: return "EX_NOUSER";
    case ExitCode::no_host: return "EX_NOHOST";
    case ExitCode::unavailable: return "EX_UNAVAILABLE";
    case ExitCode::software: return "EX_SOFTWARE";
    case ExitCode::os_error: return "EX_OSERR";
    case ExitCode::os_file: return "EX_OSFILE";
    case ExitCode::cannot_create: return "EX_CANTCREAT";
    case ExitCode::io_error: return "EX_IOERR";
    case ExitCode::temporary_failure: return "EX_TEMPFAIL";
    case ExitCode::protocol: return "EX_PROTOCOL";
    case ExitCode::no_permission: return "EX_NOPERM";
    case ExitCode::config: return "EX_CONFIG";
  }
  return "EX_SOFTWARE";
}

}  // namespace msmtp
