// Sockets that a service manager made for msmtpd.
#include "parent/handed_sockets.hpp"

#include "common/text.hpp"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr int first_handed = 3;

// How many there are; 0 also when they are for another process, whose environment we have.
Result<int> count_of_handed() {
  const char* const process = std::getenv("LISTEN_PID");
  const char* const count = std::getenv("LISTEN_FDS");
  if (process == nullptr || count == nullptr || parse_decimal(process, INT_MAX) != getpid()) return 0;
  const auto number = parse_decimal(count, 1024);
  if (!number) return fail(ExitCode::config, "LISTEN_FDS is no number of sockets: '" + std::string(count) + "'");
  return static_cast<int>(*number);
}

int socket_option(const Fd& fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd.number(), SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_stream_socket(const Fd& fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (socket_option(fd, SO_TYPE) != SOCK_STREAM) return false;
  if (getsockname(fd.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return false;
  const auto family = address.ss_family;
  return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

bool is_connected(const Fd& fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  return getpeername(fd.number(), reinterpret_cast<sockaddr*>(&address), &size) == 0;
}

Unexpected useless(const Fd& fd, std::string_view reason) {
  return fail(ExitCode::config, "descriptor " + std::to_string(fd.number()) + " of the service manager (LISTEN_FDS) " +
                                    std::string(reason));
}

Result<void> sort_in(HandedSockets& sockets, Fd fd, int count) {
  if (!is_stream_socket(fd)) return useless(fd, "is no stream socket of the internet or this machine");
  if (socket_option(fd, SO_ACCEPTCONN) == 1) {
    sockets.listening.push_back(std::move(fd));
    return {};
  }
  if (!is_connected(fd)) return useless(fd, "neither listens nor is connected");
  if (count != 1) return useless(fd, "is a connection, and there are other descriptors beside it");
  sockets.connected = std::move(fd);
  return {};
}

}  // namespace

Result<HandedSockets> take_handed_sockets() {
  const Result<int> count = count_of_handed();
  for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) (void)unsetenv(variable);
  if (!count) return fail(count.error());
  HandedSockets sockets;
  for (int i = 0; i < *count; ++i) TRY(sort_in(sockets, Fd(first_handed + i), *count));
  return sockets;
}

}  // namespace msmtp
