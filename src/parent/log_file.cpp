// The log file.
#include "parent/log_file.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr int lock_attempts = 100;
constexpr timespec lock_pause = {0, 100'000'000};

// Non-blocking, for a FIFO that nobody reads must not stop the mail.
Fd open_for_appending(const std::string& path, int more_flags) {
  return Fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | more_flags, 0600));
}

bool is_trusted_link(const std::string& path) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode) && (facts.st_uid == 0 || facts.st_uid == geteuid());
}

Result<void> set_blocking(const Fd& fd) {
  const int flags = fcntl(fd.number(), F_GETFL);
  if (flags < 0 || fcntl(fd.number(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return fail(ExitCode::io_error, error_text(errno));
  }
  return {};
}

bool set_lock(const Fd& fd, short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return fcntl(fd.number(), F_SETLK, &lock) == 0;
}

Result<void> wait_for_lock(const Fd& fd) {
  for (int attempt = 0; attempt < lock_attempts; ++attempt) {
    if (set_lock(fd, F_WRLCK)) return {};
    if (errno != EACCES && errno != EAGAIN && errno != EINTR) {
      return fail(ExitCode::io_error, "cannot lock: " + error_text(errno));
    }
    nanosleep(&lock_pause, nullptr);
  }
  return fail(ExitCode::io_error, "cannot lock: another process has held the lock for 10 seconds");
}

bool is_regular_file(const Fd& fd) {
  struct stat facts {};
  return fstat(fd.number(), &facts) == 0 && S_ISREG(facts.st_mode);
}

}  // namespace

Result<Fd> open_log_file(const std::string& path) {
  if (path == "-") {
    Fd output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!output.is_open()) return fail(ExitCode::io_error, error_text(errno));
    return output;
  }
  Fd log = open_for_appending(path, O_NOFOLLOW);
  // What open() says of a link under O_NOFOLLOW: ELOOP, on some BSDs EMLINK.
  if (!log.is_open() && (errno == ELOOP || errno == EMLINK)) {
    if (!is_trusted_link(path)) return fail(ExitCode::io_error, "it is a link that belongs to another user");
    log = open_for_appending(path, 0);
  }
  if (!log.is_open()) return fail(ExitCode::io_error, error_text(errno));
  TRY(set_blocking(log));
  return log;
}

Result<void> append_log_line(const Fd& log, std::string_view line) {
  const bool is_shared = is_regular_file(log);
  if (is_shared) TRY(wait_for_lock(log));
  auto written = write_all(log, std::string(line) + '\n');
  if (is_shared) set_lock(log, F_UNLCK);
  return written;
}

}  // namespace msmtp
