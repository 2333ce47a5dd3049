// The race for a connection against real sockets on loopback.
#include "common/address.hpp"
#include "common/socket_address.hpp"
#include "netproc/dial.hpp"

#include <criterion/criterion.h>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace msmtp;
using namespace std::chrono_literals;

namespace {

Endpoint endpoint(std::string_view text) {
  return parse_numeric_address(text).value();
}

std::uint16_t port_of(const Fd& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  cr_assert_eq(getsockname(fd.number(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

// Bound, but not listening when BACKLOG is negative: connections are refused.
Fd bound_socket(std::string_view ip, std::uint16_t port, int backlog) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress address = socket_address(endpoint(ip), port);
  cr_assert_eq(bind(fd.number(), address.get(), address.size), 0);
  if (backlog >= 0) cr_assert_eq(listen(fd.number(), backlog), 0);
  return fd;
}

// A listener that answers nobody: its queue is full, and the kernel drops further connections.
struct DeafListener {
  Fd listener;
  std::vector<Fd> queue;
};

DeafListener deaf_listener(std::string_view ip, std::uint16_t port) {
  DeafListener deaf{bound_socket(ip, port, 0), {}};
  const SocketAddress address = socket_address(endpoint(ip), port_of(deaf.listener));
  for (int i = 0; i < 8; ++i) {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    cr_assert(connect(fd.number(), address.get(), address.size) == 0 || errno == EINPROGRESS);
    pollfd entry = {fd.number(), POLLOUT, 0};
    const bool connected = poll(&entry, 1, 50) > 0;
    deaf.queue.push_back(std::move(fd));
    if (!connected) return deaf;
  }
  cr_assert_fail("the queue of the listener is never full");
  return deaf;
}

Connect to(std::initializer_list<std::string_view> ips, std::uint16_t port) {
  Connect where;
  for (const auto ip : ips) where.endpoints.add(endpoint(ip));
  where.port = port;
  where.host = Line<max_host>::from("mail.example").value();
  return where;
}

Connect to_path(const std::string& path) {
  Connect where;
  where.socket_path = Text<max_path>::from(path).value();
  return where;
}

std::string error_of_dialling(const Connect& where, ExitCode code, std::chrono::milliseconds span = 5s) {
  auto connection = dial(where, Deadline::in(span));
  cr_assert_not(connection.has_value());
  cr_expect_eq(connection.error().code, code);
  return connection.error().text;
}

void expect_text(const std::string& text, const std::string& wanted) {
  cr_expect(text == wanted, "got: %s", text.c_str());
}

std::chrono::milliseconds time_for(const Connect& where, std::string_view winner) {
  const auto start = Deadline::Clock::now();
  auto connection = dial(where, Deadline::in(10s));
  cr_assert(connection.has_value());
  cr_expect(connection->facts.endpoint == endpoint(winner));
  return std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
}

// A unix socket in a folder of its own; both are gone with it.
class UnixListener {
 public:
  explicit UnixListener(int backlog) {
    cr_assert_not_null(mkdtemp(folder_.data()));
    path_ = folder_ + "/socket";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    fd_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    cr_assert_eq(bind(fd_.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    cr_assert_eq(listen(fd_.number(), backlog), 0);
  }
  ~UnixListener() {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string folder_ = "/tmp/msmtp-dial.XXXXXX";
  std::string path_;
  Fd fd_;
};

}  // namespace

Test(dial, gives_a_connected_descriptor_that_nobody_inherits, .timeout = 30) {
  const Fd listener = bound_socket("127.0.0.1", 0, 5);
  auto connection = dial(to({"127.0.0.1"}, port_of(listener)), Deadline::in(5s));
  cr_assert(connection.has_value());
  cr_expect_not(connection->facts.local);
  cr_expect(connection->facts.endpoint == endpoint("127.0.0.1"));
  const int fd = connection->fd.number();
  cr_expect(fcntl(fd, F_GETFL) & O_NONBLOCK);
  cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size);
  cr_expect(no_delay != 0);
}

Test(dial, reads_nothing, .timeout = 30) {
  const Fd listener = bound_socket("127.0.0.1", 0, 5);
  auto connection = dial(to({"127.0.0.1"}, port_of(listener)), Deadline::in(5s));
  cr_assert(connection.has_value());
  const Fd peer(accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
  cr_assert(write_all(peer, "220 x\r\n").has_value());
  pollfd entry = {connection->fd.number(), POLLIN, 0};
  cr_assert_eq(poll(&entry, 1, 5000), 1);
  char room[20];
  cr_expect_eq(recv(connection->fd.number(), room, sizeof room, 0), 7);
}

Test(dial, passes_over_a_silent_address_after_the_delay, .timeout = 30) {
  const DeafListener deaf = deaf_listener("127.0.0.2", 0);
  const auto port = port_of(deaf.listener);
  const Fd listener = bound_socket("127.0.0.3", port, 5);
  const auto taken = time_for(to({"127.0.0.2", "127.0.0.3"}, port), "127.0.0.3");
  cr_expect(taken >= 250ms && taken < 3s, "%lld ms", static_cast<long long>(taken.count()));
}

Test(dial, passes_over_a_refusing_address_at_once, .timeout = 30) {
  const Fd refusing = bound_socket("127.0.0.2", 0, -1);
  const Fd listener = bound_socket("127.0.0.3", port_of(refusing), 5);
  const auto taken = time_for(to({"127.0.0.2", "127.0.0.3"}, port_of(refusing)), "127.0.0.3");
  cr_expect(taken < 200ms, "%lld ms", static_cast<long long>(taken.count()));
}

Test(dial, says_why_when_all_addresses_refuse, .timeout = 30) {
  const Fd refusing = bound_socket("127.0.0.2", 0, -1);
  const auto port = port_of(refusing);
  expect_text(error_of_dialling(to({"127.0.0.2", "127.0.0.4"}, port), ExitCode::temporary_failure),
              "cannot connect to mail.example, port " + std::to_string(port) + ": Connection refused");
}

Test(dial, ends_at_the_deadline_when_nobody_answers, .timeout = 30) {
  const DeafListener deaf = deaf_listener("127.0.0.2", 0);
  const auto port = port_of(deaf.listener);
  const auto start = Deadline::Clock::now();
  expect_text(error_of_dialling(to({"127.0.0.2"}, port), ExitCode::temporary_failure, 300ms),
              "cannot connect to mail.example, port " + std::to_string(port) + ": the operation timed out");
  cr_expect(Deadline::Clock::now() - start >= 300ms);
}

Test(dial, does_not_call_a_connection_that_was_reset_unreachable, .timeout = 60) {
  const Fd listener = bound_socket("127.0.0.1", 0, 5);
  const pid_t server = fork();
  while (server == 0) {
    const Fd fd(accept4(listener.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd.is_open()) _exit(1);
    const linger reset{1, 0};
    setsockopt(fd.number(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  for (int i = 0; i < 200; ++i) {
    const auto connection = dial(to({"127.0.0.1"}, port_of(listener)), Deadline::in(5s));
    if (!connection) cr_expect(connection.error().code == ExitCode::io_error, "%s", connection.error().text.c_str());
  }
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
}

Test(dial, comes_from_the_source_address, .timeout = 30) {
  const Fd listener = bound_socket("127.0.0.1", 0, 5);
  Connect where = to({"127.0.0.1"}, port_of(listener));
  where.has_source = true;
  where.source = endpoint("127.0.0.9");
  auto connection = dial(where, Deadline::in(5s));
  cr_assert(connection.has_value());
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const Fd accepted(accept4(listener.number(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC));
  cr_expect(endpoint_of(reinterpret_cast<const sockaddr&>(peer), size) == where.source);
}

Test(dial, names_a_source_address_that_is_not_ours, .timeout = 30) {
  Connect where = to({"127.0.0.1"}, 9);
  where.has_source = true;
  where.source = endpoint("192.0.2.1");
  expect_text(error_of_dialling(where, ExitCode::os_error),
              "cannot bind source ip 192.0.2.1: Cannot assign requested address");
}

Test(dial, fails_addresses_of_another_family_than_the_source, .timeout = 30) {
  const Fd listener = bound_socket("127.0.0.1", 0, 5);
  Connect where = to({"::1", "127.0.0.1"}, port_of(listener));
  where.has_source = true;
  where.source = endpoint("127.0.0.1");
  cr_expect(dial(where, Deadline::in(5s)).has_value());
  where = to({"::1"}, port_of(listener));
  where.has_source = true;
  where.source = endpoint("127.0.0.1");
  expect_text(error_of_dialling(where, ExitCode::os_error),
              "cannot bind source ip 127.0.0.1: the server has no address of this family");
}

Test(dial, connects_to_a_unix_socket, .timeout = 30) {
  const UnixListener listener(5);
  auto connection = dial(to_path(listener.path()), Deadline::in(5s));
  cr_assert(connection.has_value());
  cr_expect(connection->facts.local);
}

Test(dial, names_a_unix_socket_that_is_not_there, .timeout = 30) {
  expect_text(error_of_dialling(to_path("/nonexistent/socket"), ExitCode::temporary_failure),
              "cannot connect to /nonexistent/socket: No such file or directory");
}

Test(dial, refuses_a_path_that_is_too_long, .timeout = 30) {
  const std::string path = "/" + std::string(107, 'x');
  expect_text(error_of_dialling(to_path(path), ExitCode::io_error),
              "cannot connect to " + path + ": File name too long");
}

Test(dial, waits_for_a_busy_unix_socket_until_the_deadline, .timeout = 30) {
  const UnixListener listener(0);
  const auto first = dial(to_path(listener.path()), Deadline::in(5s));
  cr_assert(first.has_value());
  expect_text(error_of_dialling(to_path(listener.path()), ExitCode::temporary_failure, 100ms),
              "cannot connect to " + listener.path() + ": the operation timed out");
}
