// The way to a connected descriptor.
#include "netproc/dial.hpp"

#include "common/address.hpp"
#include "common/socket_address.hpp"
#include "netproc/connection_race.hpp"
#include "netproc/readiness.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <vector>

namespace msmtp {

namespace {

Unexpected cannot_connect(const Connect& where, std::string_view reason) {
  std::string peer = where.socket_path.str();
  if (peer.empty()) peer = where.host.str() + ", port " + std::to_string(where.port);
  if (where.proxied) peer = "the proxy " + peer;
  return fail(ExitCode::temporary_failure, "cannot connect to " + peer + ": " + std::string(reason));
}

// ---- a unix socket ----

// Unlike TCP, a unix socket whose listener is busy is refused with EAGAIN and cannot be waited for.
Result<Connection> dial_unix(const Connect& where, const Deadline& total) {
  const auto address = unix_socket_address(where.socket_path.view());
  if (!address) {
    return fail(ExitCode::io_error, "cannot connect to " + where.socket_path.str() + ": " + error_text(ENAMETOOLONG));
  }
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return fail(ExitCode::os_error, "cannot make a socket: " + error_text(errno));
  while (connect(fd.number(), address->get(), address->size) != 0) {
    if (errno != EAGAIN && errno != EINTR) return cannot_connect(where, error_text(errno));
    if (total.has_passed()) return cannot_connect(where, timed_out_text);
    poll(nullptr, 0, 20);
  }
  return Connection{std::move(fd), Connected{true, {}}};
}

// ---- TCP ----

struct Attempt {
  Fd fd;
  Endpoint endpoint;
  Deadline limit;
};

enum class Start { running, connected, failed };

class Dialler {
 public:
  Dialler(const Connect& where, const Deadline& total) : where_(where), total_(total), race_(where.endpoints.items()) {}

  Result<Connection> run() {
    for (;;) {
      if (auto winner = TRY(start_attempts())) return std::move(*winner);
      if (race_.is_lost()) return lost();
      if (total_.has_passed()) return cannot_connect(where_, timed_out_text);
      if (auto winner = TRY(wait_for_attempts())) return std::move(*winner);
    }
  }

 private:
  using Winner = std::optional<Connection>;

  static Connection connection_of(Attempt& attempt) {
    return {std::move(attempt.fd), Connected{false, attempt.endpoint}};
  }

  Unexpected lost() const {
    if (source_unsuitable_) return cannot_bind("the server has no address of this family");
    // Refusal is ECONNREFUSED: a reset comes from a server that had accepted the connection.
    if (race_.reason() == ECONNRESET) {
      return fail(ExitCode::io_error, "network read error: " + error_text(ECONNRESET));
    }
    return cannot_connect(where_, error_text(race_.reason()));
  }

  Unexpected cannot_bind(std::string_view reason) const {
    return fail(ExitCode::os_error, "cannot bind source ip " + to_text(where_.source) + ": " + std::string(reason));
  }

  Result<Winner> start_attempts() {
    while (const auto endpoint = race_.next(Deadline::Clock::now())) {
      Attempt attempt{Fd(), *endpoint, Deadline::in(attempt_limit)};
      switch (TRY(start(attempt))) {
        case Start::connected: return Winner(connection_of(attempt));
        case Start::failed: race_.failed(errno); break;
        case Start::running: attempts_.push_back(std::move(attempt)); break;
      }
    }
    return Winner();
  }

  // `failed` leaves the reason in errno. What would fail for every address alike is an error.
  Result<Start> start(Attempt& attempt) {
    const SocketAddress address = socket_address(attempt.endpoint, where_.port);
    if (where_.has_source && where_.source.family != attempt.endpoint.family) {
      errno = EAFNOSUPPORT;
      return Start::failed;
    }
    attempt.fd = Fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    if (!attempt.fd.is_open() && errno == EAFNOSUPPORT) return Start::failed;
    if (!attempt.fd.is_open()) return fail(ExitCode::os_error, "cannot make a socket: " + error_text(errno));
    const int on = 1;
    setsockopt(attempt.fd.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    TRY(bind_source(attempt));
    if (connect(attempt.fd.number(), address.get(), address.size) == 0) return Start::connected;
    return errno == EINPROGRESS || errno == EINTR ? Start::running : Start::failed;
  }

  Result<void> bind_source(const Attempt& attempt) {
    if (!where_.has_source) return {};
    source_unsuitable_ = false;
    const SocketAddress source = socket_address(where_.source, 0);
    if (bind(attempt.fd.number(), source.get(), source.size) != 0) return cannot_bind(error_text(errno));
    return {};
  }

  // Until an attempt has an outcome or something else is due.
  Result<Winner> wait_for_attempts() {
    std::vector<pollfd> entries;
    Deadline soonest = total_;
    for (const Attempt& attempt : attempts_) {
      entries.push_back({attempt.fd.number(), POLLOUT, 0});
      soonest = soonest.or_earlier(attempt.limit);
    }
    if (const auto start = race_.next_start()) soonest = soonest.or_earlier(deadline_at(*start));
    if (poll(entries.data(), entries.size(), soonest.poll_timeout()) >= 0) return settle(entries);
    if (errno == EINTR) return Winner();
    return fail(ExitCode::os_error, "cannot wait for a connection: " + error_text(errno));
  }

  // Keeps the attempts that still run. ENTRIES belong to attempts_ in order.
  Winner settle(const std::vector<pollfd>& entries) {
    std::vector<Attempt> running;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const int error = entries[i].revents != 0 ? outcome(attempts_[i].fd) : EINPROGRESS;
      if (error == 0) return connection_of(attempts_[i]);
      if (error == EINPROGRESS && !attempts_[i].limit.has_passed()) {
        running.push_back(std::move(attempts_[i]));
      } else {
        race_.failed(error == EINPROGRESS ? ETIMEDOUT : error);
      }
    }
    attempts_ = std::move(running);
    return {};
  }

  static Deadline deadline_at(ConnectionRace::Time time) {
    return Deadline::in(std::chrono::ceil<std::chrono::milliseconds>(time - Deadline::Clock::now()));
  }

  // What SO_ERROR says of an attempt that poll has reported: 0 when it is connected.
  static int outcome(const Fd& fd) {
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd.number(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }

  const Connect& where_;
  const Deadline& total_;
  ConnectionRace race_;
  std::vector<Attempt> attempts_;
  bool source_unsuitable_ = where_.has_source;
};

}  // namespace

Result<Connection> dial(const Connect& where, const Deadline& total) {
  if (!where.socket_path.empty()) return dial_unix(where, total);
  return Dialler(where, total).run();
}

}  // namespace msmtp
