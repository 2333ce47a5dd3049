// The SMTP client's descriptors.
#include "netproc/server_client.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace msmtp {

namespace {

bool is_not_ready(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// As much as can be written without waiting, after poll(2) has said that something can.
ssize_t write_some(int number, std::string_view bytes) {
  const ssize_t sent = send(number, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return write(number, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

ssize_t read_some(int number, std::span<char> room) {
  const ssize_t received = recv(number, room.data(), room.size(), MSG_DONTWAIT);
  if (received >= 0 || errno != ENOTSOCK) return received;
  return read(number, room.data(), room.size());
}

}  // namespace

ServerClient::ServerClient(Fd input, std::optional<Fd> output, int parent)
    : input_(std::move(input)), output_(std::move(output)), parent_(parent) {}

Result<ServerClient::Ready> ServerClient::wait(int number, short events, const Deadline& deadline) const {
  const int watched = events == POLLIN ? parent_ : -1;
  pollfd fds[] = {{number, events, 0}, {watched, POLLIN, 0}};
  for (;;) {
    const int ready = poll(fds, 2, deadline.poll_timeout());
    if (ready > 0 && fds[1].revents != 0) return Ready::parent;
    if (ready > 0 || (ready < 0 && errno != EINTR)) return Ready::client;
    if (deadline.has_passed()) return fail(ExitCode::temporary_failure, "the SMTP client was silent for too long");
  }
}

Result<std::optional<std::size_t>> ServerClient::read(std::span<char> room, const Deadline& deadline) {
  for (;;) {
    if (TRY(wait(input_.number(), POLLIN, deadline)) == Ready::parent) return std::optional<std::size_t>();
    const ssize_t count = read_some(input_.number(), room);
    if (count >= 0) return std::optional(static_cast<std::size_t>(count));
    if (errno == ECONNRESET) return std::optional<std::size_t>(0);
    if (!is_not_ready(errno)) return fail(ExitCode::io_error, "cannot read from the SMTP client: " + error_text(errno));
    if (deadline.has_passed()) return fail(ExitCode::temporary_failure, "the SMTP client was silent for too long");
  }
}

Result<bool> ServerClient::write(std::string_view bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    TRY(wait(output(), POLLOUT, deadline));
    const ssize_t count = write_some(output(), bytes);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return false;
    } else if (!is_not_ready(errno)) {
      return fail(ExitCode::io_error, "cannot write to the SMTP client: " + error_text(errno));
    }
  }
  return true;
}

bool ServerClient::has_input() const {
  pollfd fd{input_.number(), POLLIN, 0};
  return poll(&fd, 1, 0) > 0;
}

}  // namespace msmtp
