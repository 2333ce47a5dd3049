// Descriptors with an owner.
#include "common/fd.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace msmtp {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

Fd::~Fd() {
  close();
}

void Fd::close() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(ExitCode::os_error, "cannot make a pipe: " + error_text(errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<SocketPair> make_seqpacket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(ExitCode::os_error, "cannot make a socket pair: " + error_text(errno));
  }
  return SocketPair{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> open_for_reading(const std::string& path) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.is_open()) return fail(ExitCode::io_error, path + ": " + error_text(errno));
  return fd;
}

Result<void> set_nonblocking(const Fd& fd) {
  const int flags = fcntl(fd.number(), F_GETFL);
  if (flags < 0 || fcntl(fd.number(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return fail(ExitCode::os_error, "cannot make a descriptor non-blocking: " + error_text(errno));
  }
  return {};
}

Result<void> write_all(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(ExitCode::io_error, error_text(errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

std::string error_text(int errno_value) {
  const char* text = strerrordesc_np(errno_value);
  return text != nullptr ? text : "error " + std::to_string(errno_value);
}

}  // namespace msmtp
