// A connection without TLS.
#include "netproc/plain_stream.hpp"

#include "netproc/readiness.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace msmtp {

namespace {

Unexpected network_error(std::string_view operation, std::string_view reason) {
  return fail(ExitCode::io_error, "network " + std::string(operation) + " error: " + std::string(reason));
}

bool is_not_ready(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

PlainStream::PlainStream(Fd connection) : fd_(std::move(connection)) {}

// The deadline is looked at before the socket: a peer that always has one more byte ready must not outlive it.
Result<std::size_t> PlainStream::read(std::span<char> room, const Deadline& deadline) {
  if (!fd_.is_open()) return std::size_t{0};
  if (deadline.has_passed()) return network_error("read", timed_out_text);
  for (;;) {
    const ssize_t count = recv(fd_.number(), room.data(), room.size(), MSG_DONTWAIT);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (!is_not_ready(errno)) return network_error("read", error_text(errno));
    if (!wait_for(fd_, POLLIN, deadline)) return network_error("read", timed_out_text);
  }
}

Result<void> PlainStream::write(std::string_view bytes, const Deadline& deadline) {
  if (deadline.has_passed()) return network_error("write", timed_out_text);
  while (!bytes.empty()) {
    const ssize_t count = send(fd_.number(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (is_not_ready(errno)) {
      if (!wait_for(fd_, POLLOUT, deadline)) return network_error("write", timed_out_text);
    } else {
      return network_error("write", error_text(errno));
    }
  }
  return {};
}

void PlainStream::close() {
  fd_.close();
}

bool PlainStream::has_input() {
  pollfd entry = {fd_.number(), POLLIN, 0};
  return fd_.is_open() && poll(&entry, 1, 0) > 0;
}

Fd PlainStream::take_fd() {
  return std::move(fd_);
}

std::unique_ptr<PlainStream> plain_stream(Fd connection) {
  return std::make_unique<PlainStream>(std::move(connection));
}

}  // namespace msmtp
