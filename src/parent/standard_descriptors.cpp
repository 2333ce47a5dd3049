// Standard input, output and error.
#include "parent/standard_descriptors.hpp"

#include "common/sandbox.hpp"
#include "common/spawn.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace msmtp {

void begin_program() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) < 0) (void)open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDWR);
  }
  seal_inherited_descriptors();
  harden_process(false);
  std::signal(SIGPIPE, SIG_IGN);
}

Result<StandardStreams> take_standard_streams() {
  StandardStreams streams{Fd(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)), Fd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3))};
  const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!streams.input.is_open() || !streams.output.is_open() || !nothing.is_open()) {
    return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  }
  (void)dup2(nothing.number(), STDIN_FILENO);
  (void)dup2(nothing.number(), STDOUT_FILENO);
  return streams;
}

}  // namespace msmtp
