// The sockets that msmtpd listens on.
#include "parent/listening_sockets.hpp"

#include "common/address.hpp"
#include "common/socket_address.hpp"
#include "parent/local_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr int backlog = 4096;  // the kernel cuts it to what the system's administrator allows

Result<Fd> new_socket(int family, const std::string& name) {
  Fd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.is_open()) return fd;
  const ExitCode code = errno == EAFNOSUPPORT ? ExitCode::unavailable : ExitCode::os_error;
  return fail(code, "cannot listen on " + name + ": " + error_text(errno));
}

void switch_on(const Fd& fd, int level, int option) {
  const int on = 1;
  (void)setsockopt(fd.number(), level, option, &on, sizeof on);
}

Unexpected cannot_bind(const std::string& name, int reason) {
  const std::string text = "cannot listen on " + name + ": ";
  switch (reason) {
    case EADDRINUSE: return fail(ExitCode::unavailable, text + "another program does already");
    case EADDRNOTAVAIL: return fail(ExitCode::unavailable, text + "this machine has no such address");
    case EACCES:
    case EPERM:
      return fail(ExitCode::no_permission, text +
                                               "ports like this one take root and --user, or CAP_NET_BIND_SERVICE; "
                                               "or choose another --port, above 1023");
    default: return fail(ExitCode::os_error, text + error_text(reason));
  }
}

std::string inet_name(const Endpoint& endpoint, std::uint16_t port) {
  return to_text(endpoint) + " port " + std::to_string(port);
}

// Of a socket that somebody else has bound.
std::string name_of(const sockaddr& address, socklen_t size) {
  if (const auto endpoint = endpoint_of(address, size)) return inet_name(*endpoint, port_of(address, size));
  sockaddr_un local{};
  std::memcpy(&local, &address, std::min<std::size_t>(size, sizeof local));
  return "unix:" + std::string(local.sun_path, strnlen(local.sun_path, sizeof local.sun_path));
}

}  // namespace

Result<void> ListeningSockets::bind_inet(const Endpoint& endpoint, std::uint16_t port) {
  const std::string name = inet_name(endpoint, port);
  const SocketAddress address = socket_address(endpoint, port);
  Fd fd = TRY(new_socket(address.family(), name));
  switch_on(fd, SOL_SOCKET, SO_REUSEADDR);
  switch_on(fd, IPPROTO_TCP, TCP_NODELAY);  // clients' sockets inherit it
  if (address.family() == AF_INET6) switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd.number(), address.get(), address.size) != 0) return cannot_bind(name, errno);
  sockets_.push_back({std::move(fd), name});
  return {};
}

Result<void> ListeningSockets::bind_unix(const UnixInterface& interface, const DaemonUser& owner) {
  LocalSocket made = TRY(listen_at_path(interface, owner));
  paths_.push_back({interface.path, made.device, made.inode});
  sockets_.push_back({std::move(made.fd), "unix:" + interface.path});
  return {};
}

Result<ListeningSockets> ListeningSockets::bind(const std::vector<Interface>& interfaces,
                                                const std::vector<std::uint16_t>& ports, const DaemonUser& owner) {
  ListeningSockets made;
  for (const Interface& interface : interfaces) {
    if (const auto* local = std::get_if<UnixInterface>(&interface)) {
      TRY(made.bind_unix(*local, owner));
      continue;
    }
    for (const std::uint16_t port : ports) TRY(made.bind_inet(std::get<InetInterface>(interface).endpoint, port));
  }
  return made;
}

Result<ListeningSockets> ListeningSockets::adopt(std::vector<Fd> sockets) {
  ListeningSockets adopted;
  for (Fd& fd : sockets) {
    TRY(set_nonblocking(fd));
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* const address = reinterpret_cast<sockaddr*>(&storage);
    if (getsockname(fd.number(), address, &size) != 0) return cannot_bind("a handed socket", errno);
    if (storage.ss_family != AF_UNIX) switch_on(fd, IPPROTO_TCP, TCP_NODELAY);
    adopted.sockets_.push_back({std::move(fd), name_of(*address, size)});
  }
  return adopted;
}

Result<void> ListeningSockets::listen() {
  for (const ListeningSocket& socket : sockets_) {
    if (::listen(socket.fd.number(), backlog) != 0) return cannot_bind(socket.name, errno);
  }
  return {};
}

std::string ListeningSockets::names() const {
  std::string text;
  for (const ListeningSocket& socket : sockets_) text += (text.empty() ? "" : ", ") + socket.name;
  return text;
}

void ListeningSockets::close() {
  sockets_.clear();
  for (const Path& path : std::exchange(paths_, {})) {
    struct stat facts {};
    const bool is_ours = lstat(path.path.c_str(), &facts) == 0 && facts.st_dev == path.device &&
                         facts.st_ino == path.number && S_ISSOCK(facts.st_mode);
    if (is_ours) (void)unlink(path.path.c_str());
  }
}

}  // namespace msmtp
