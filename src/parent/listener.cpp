// msmtpd while it listens.
#include "parent/listener.hpp"

#include "common/address.hpp"
#include "parent/client_peer.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <span>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

// So that those who knock at one socket do not keep out those at another.
constexpr int most_at_once = 16;

constexpr std::string_view full_house = "421 4.3.2 too many sessions; try again later\r\n";
constexpr std::string_view no_session = "421 4.3.0 no session can be started; try again later\r\n";
constexpr std::string_view not_allowed = "554 5.7.1 you are not among those who may send mail here\r\n";

// Without waiting: who does not read it does without.
void send_away(const Fd& client, std::string_view reply) {
  (void)send(client.number(), reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  (void)shutdown(client.number(), SHUT_WR);
}

Fd spare_descriptor() {
  return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

Fd accept_client(const ListeningSocket& socket) {
  return Fd(accept4(socket.fd.number(), nullptr, nullptr, SOCK_CLOEXEC));
}

// Whether the next connection may be well although this one was not. The first ones are errors of its network.
bool concerns_one_client(int reason) {
  switch (reason) {
    case ECONNABORTED:
    case EINTR:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ETIMEDOUT: return true;
    default: return false;
  }
}

std::string name_of(const NewClient& message) {
  if (!message.is_local) return to_text(message.client);
  return "uid " + std::to_string(message.user) + " (pid " + std::to_string(message.process) + ")";
}

}  // namespace

Result<void> Listener::prepare() {
  std::signal(SIGCHLD, SIG_DFL);  // when it is ignored, nobody learns of children
  signals_ = TRY(AwaitedSignals::of({SIGTERM, SIGINT, SIGHUP, SIGCHLD}));
  reserve_ = spare_descriptor();
  TRY(parts_.sockets.listen());
  parts_.log.info("version " + std::string(parts_.version) + " listens on " + parts_.sockets.names());
  return {};
}

Result<ExitCode> Listener::run() {
  TRY(prepare());
  Time now = Deadline::Clock::now();
  reap(now);  // who ended before there were signals
  while (signals_to_stop_ == 0 || !parts_.sessions.have_ended() || !parts_.helpers.have_ended()) {
    wait(now);
    now = Deadline::Clock::now();
    hear_sessions();  // before others are reaped, for it goes by their order
    if (polled_.front().revents != 0) hear_signals(now);
    if (signals_to_stop_ > 1) return ExitCode::temporary_failure;
    hear_helpers(now);
    // Who is there comes first; new sessions are made when nobody waits.
    if (!take_clients(now) && parts_.sessions.wants_more(now)) parts_.sessions.make_one(now);
    parts_.sessions.thin_out(now);
  }
  return ExitCode::ok;
}

void Listener::wait(Time now) {
  polled_.clear();
  polled_.push_back({signals_->number(), POLLIN, 0});
  parts_.helpers.watch(polled_);
  first_session_ = polled_.size();
  parts_.sessions.watch(polled_);
  first_socket_ = polled_.size();
  if (pause_.may_try(now)) {
    for (const ListeningSocket& socket : parts_.sockets.all()) polled_.push_back({socket.fd.number(), POLLIN, 0});
  }
  (void)poll(polled_.data(), polled_.size(), milliseconds_to_wait(now));
}

int Listener::milliseconds_to_wait(Time now) const {
  if (signals_to_stop_ > 0) return -1;
  if (parts_.sessions.wants_more(now)) return 0;
  std::optional<Time> next = parts_.helpers.next_start();
  const auto consider = [&](std::optional<Time> other) {
    if (other && *other > now) next = next ? std::min(*next, *other) : *other;
  };
  consider(parts_.sessions.next_attempt());
  consider(pause_.next());
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
  return static_cast<int>(std::clamp<long long>(left, 0, 60'000));
}

void Listener::hear_signals(Time now) {
  bool has_children = false;
  while (const auto signal = signals_->take()) {
    switch (*signal) {
      case SIGCHLD: has_children = true; break;
      case SIGHUP:
        parts_.log.reopen();
        parts_.sessions.retire_ready();
        break;
      default: stop(); break;
    }
  }
  if (has_children) reap(now);
}

void Listener::hear_helpers(Time now) {
  const auto said_something = [](const pollfd& polled) { return polled.revents != 0; };
  const auto due = parts_.helpers.next_start();
  const bool is_due = due && *due <= now;
  const auto helpers = std::span(polled_).first(first_session_).subspan(1);
  if (is_due || std::ranges::any_of(helpers, said_something)) parts_.helpers.hear(now);
}

void Listener::hear_sessions() {
  parts_.sessions.hear(std::span(polled_).subspan(first_session_, first_socket_ - first_session_));
}

void Listener::reap(Time now) {
  int status = 0;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    if (!parts_.sessions.reap(pid, status, now)) (void)parts_.helpers.reap(pid, status);
  }
}

void Listener::stop() {
  if (++signals_to_stop_ > 1) return;
  parts_.sockets.close();
  parts_.log.info("ending, active sessions " + std::to_string(parts_.sessions.active()));
  parts_.sessions.retire_all();
  parts_.helpers.finish();
}

// ---- clients ----

bool Listener::take_clients(Time now) {
  bool any = false;
  if (!pause_.may_try(now)) return any;
  const std::vector<ListeningSocket>& sockets = parts_.sockets.all();
  for (std::size_t i = 0; i < sockets.size() && first_socket_ + i < polled_.size(); ++i) {
    if (polled_[first_socket_ + i].revents != 0) any = take_clients(sockets[i], now) || any;
  }
  return any;
}

bool Listener::take_clients(const ListeningSocket& socket, Time now) {
  for (int i = 0; i < most_at_once; ++i) {
    const Fd client = accept_client(socket);
    if (client.is_open()) {
      pause_.succeed();
      welcome(client, now);
    } else if (!concerns_one_client(errno) && cannot_accept(socket, errno, now)) {
      return i > 0;
    }
  }
  return true;
}

// Whether there is nothing more to be taken from SOCKET now.
bool Listener::cannot_accept(const ListeningSocket& socket, int reason, Time now) {
  if (reason == EAGAIN || reason == EWOULDBLOCK) return true;
  if ((reason == EMFILE || reason == ENFILE) && reserve_.is_open()) {
    reserve_.close();
    Fd client = accept_client(socket);
    const bool was_told = client.is_open();
    if (was_told) send_away(client, no_session);
    client.close();
    reserve_ = spare_descriptor();
    if (was_told) {
      if (complaints_.take(now)) parts_.log.error("a client was sent away: " + error_text(reason));
      return false;
    }
  }
  pause_.fail(now);
  if (pause_.is_first()) parts_.log.error("cannot accept a connection: " + error_text(reason));
  return true;
}

void Listener::welcome(const Fd& client, Time now) {
  const auto message = peer_of(client);
  if (!message) return;  // it has gone already
  if (!is_welcome(client, *message, now)) return;
  if (parts_.sessions.serve(*message, client, now)) {
    return parts_.log.info("connection from " + name_of(*message) + ", " + counts());
  }
  send_away(client, no_session);
}

bool Listener::is_welcome(const Fd& client, const NewClient& message, Time now) {
  if (!may_send(parts_.options.allowed, message)) {
    parts_.log.error("connection from " + name_of(message) + " refused: not allowed");
    send_away(client, not_allowed);
    return false;
  }
  const auto is_full = [&] { return parts_.sessions.active() >= parts_.options.max_sessions; };
  if (is_full()) parts_.sessions.hear_all();
  if (is_full()) reap(now);
  if (!is_full()) return true;
  parts_.log.error("connection from " + name_of(message) + " refused: " + counts());
  send_away(client, full_house);
  return false;
}

std::string Listener::counts() const {
  return "active sessions " + std::to_string(parts_.sessions.active()) + " (max " +
         std::to_string(parts_.options.max_sessions) + ")";
}

}  // namespace msmtp
