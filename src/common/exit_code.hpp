// The exit codes of sysexits(3), as msmtp's callers know them.
#pragma once

#include <cstdint>
#include <string_view>

namespace msmtp {

enum class ExitCode : std::uint8_t {
  ok = 0,
  usage = 64,
  data_error = 65,
  no_input = 66,
  no_user = 67,
  no_host = 68,
  unavailable = 69,
  software = 70,
  os_error = 71,
  os_file = 72,
  cannot_create = 73,
  io_error = 74,
  temporary_failure = 75,
  protocol = 76,
  no_permission = 77,
  config = 78,
};

// Whether CODE is one of the enumerators, for values that come from another process.
bool is_valid(ExitCode code);

// The name of the log line, for example "EX_TEMPFAIL".
std::string_view name(ExitCode code);

}  // namespace msmtp
