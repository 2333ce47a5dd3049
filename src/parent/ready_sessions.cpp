// msmtpd's sessions, as the listener has them.
#include "parent/ready_sessions.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <limits>
#include <span>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t ready_at_first = 4;
constexpr std::size_t ready_at_most = 8;  // of a listener that has been found without any
// With fewer than this another one is made at once, otherwise when no client has come for a moment: to make one takes
// a processor from those who serve.
constexpr std::size_t ready_at_least = 2;
constexpr std::chrono::milliseconds quiet(1);
// So many rest while clients come and go; they leave when none has come for so long.
constexpr std::size_t resting_at_most = 64;
constexpr std::chrono::seconds lull(1);

// Closes [FIRST, LAST]; what is not open does not matter.
void close_numbers(int first, int last) {
  if (first > last) return;
#if defined(CLOSE_RANGE_CLOEXEC)
  if (close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) return;
#endif
  const long open_max = sysconf(_SC_OPEN_MAX);
  const int highest = std::min(last, static_cast<int>(std::clamp<long>(open_max, 256, 65536)));
  for (int number = first; number <= highest; ++number) ::close(number);
}

void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  int first = STDERR_FILENO + 1;
  for (const int number : kept) {
    close_numbers(first, number - 1);
    first = std::max(first, number + 1);
  }
  close_numbers(first, std::numeric_limits<int>::max());
}

// What the terminal or a service manager sends is for the listener, which tells its sessions when they have to end.
void take_signals_of_a_session() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

ReadySessions::ReadySessions(const SessionPlan& plan, SessionHelpers& helpers, const DaemonLog& log)
    : plan_(plan),
      helpers_(helpers),
      log_(log),
      most_ready_(std::min<std::size_t>(ready_at_first, plan.options.max_sessions)) {}

bool ReadySessions::serve(const NewClient& message, const Fd& client, Time now) {
  last_client_ = now;
  leave_old_ones();
  if (ready_.empty()) {
    most_ready_ = ready_at_most;
    if (backoff_.may_try(now)) make_one(now);
  }
  while (!ready_.empty()) {
    Session session = std::move(ready_.front());
    ready_.pop_front();
    const auto sent = session.channel.try_send(message, std::span(&client, 1));
    if (!sent || !*sent) {  // it has died
      leaving_.push_back(session.pid);
      continue;
    }
    busy_.push_back(std::move(session));
    return true;
  }
  return false;
}

std::size_t ReadySessions::wanted() const {
  const std::size_t most = plan_.options.max_sessions;
  return busy_.size() < most ? std::min(most_ready_, most - busy_.size()) : 0;
}

std::size_t ReadySessions::usable() const {
  return generation_ == helpers_.generation() ? ready_.size() : 0;
}

bool ReadySessions::wants_more(Time now) const {
  const bool is_time = usable() < ready_at_least || now - last_client_ >= quiet;
  return is_time && usable() < wanted() && helpers_.is_complete() && backoff_.may_try(now);
}

std::optional<ReadySessions::Time> ReadySessions::next_attempt() const {
  if (usable() >= wanted() || !helpers_.is_complete()) {
    return resting_.empty() ? std::nullopt : std::optional(last_client_ + lull);
  }
  const Time after_client = last_client_ + quiet;
  return std::max(backoff_.next(), after_client);
}

void ReadySessions::watch(std::vector<pollfd>& polled) const {
  for (const Session& session : busy_) polled.push_back({session.channel.fd().number(), POLLIN, 0});
}

void ReadySessions::hear(std::span<const pollfd> polled) {
  std::vector<pid_t> speaking;
  for (std::size_t i = 0; i < polled.size() && i < busy_.size(); ++i) {
    if (polled[i].revents != 0) speaking.push_back(busy_[i].pid);
  }
  for (const pid_t pid : speaking) hear_busy(pid);
}

void ReadySessions::hear_all() {
  std::vector<pid_t> all;
  for (const Session& session : busy_) all.push_back(session.pid);
  for (const pid_t pid : all) hear_busy(pid);
}

// One that has ended instead says nothing any more, and is forgotten when it is reaped.
void ReadySessions::hear_busy(pid_t pid) {
  const auto found = std::ranges::find(busy_, pid, &Session::pid);
  if (!found->channel.fd().is_open()) return;
  const auto said = found->channel.expect_one<ClientServed>(Deadline::in(std::chrono::milliseconds(0)));
  if (!said) {
    if (said.error().cause != Cause::peer_silent) found->channel.close();
    return;
  }
  Session session = std::move(*found);
  *found = std::move(busy_.back());
  busy_.pop_back();
  if (session.log_age == log_age_ && resting_.size() < resting_at_most) {
    resting_.push_back(std::move(session));
  } else {
    leaving_.push_back(session.pid);
  }
}

void ReadySessions::thin_out(Time now) {
  if (now - last_client_ < lull) return;
  leave(resting_);
}

void ReadySessions::leave_old_ones() {
  if (std::exchange(generation_, helpers_.generation()) != generation_) leave(ready_);
}

void ReadySessions::leave(std::deque<Session>& sessions) {
  for (const Session& session : sessions) leaving_.push_back(session.pid);
  sessions.clear();
}

void ReadySessions::make_one(Time now) {
  leave_old_ones();
  if (!helpers_.is_complete()) return;
  auto made = rested_or_new();
  if (made) {
    ready_.push_back(std::move(*made));
    return backoff_.succeed();
  }
  backoff_.fail(now);
  if (backoff_.is_first()) log_.error("no session can be made: " + made.error().text);
}

Result<ReadySessions::Session> ReadySessions::rested_or_new() {
  while (!resting_.empty()) {
    Session session = std::move(resting_.front());
    resting_.pop_front();
    if (give_server(session)) return session;
    leaving_.push_back(session.pid);  // it has died
  }
  Session session = TRY(fork_one());
  if (auto given = give_server(session); !given) {
    leaving_.push_back(session.pid);
    return Unexpected{std::move(given).error()};
  }
  return session;
}

Result<ReadySessions::Session> ReadySessions::fork_one() {
  SocketPair pair = TRY(make_seqpacket_pair());
  const pid_t pid = fork();
  if (pid < 0) return fail(ExitCode::os_error, "cannot start a process: " + error_text(errno));
  if (pid == 0) become_session(std::move(pair.right));
  return Session{pid, Channel<ToSession, FromSession>(std::move(pair.left), "a session"), log_age_};
}

// And a check where there are logins.
Result<void> ReadySessions::give_server(Session& session) {
  SocketPair server = TRY(make_seqpacket_pair());
  CopyEnds copies{std::move(server.right), {}, {}, {}};
  std::array<Fd, 2> ends{std::move(server.left), Fd()};
  if (plan_.options.login) {
    SocketPair login = TRY(make_seqpacket_pair());
    SocketPair check = TRY(make_seqpacket_pair());
    copies.login = std::move(login.left);
    copies.check = std::move(login.right);
    copies.answer = std::move(check.left);
    ends[1] = std::move(check.right);
  }
  TRY(helpers_.order(std::move(copies)));
  if (TRY(session.channel.try_send(NewServer{}, std::span(ends).first(plan_.options.login ? 2 : 1)))) return {};
  return Unexpected{session.channel.socket().silent()};
}

// In the copy. It never returns, and so nothing of the listener's is closed twice.
void ReadySessions::become_session(Fd listener) {
  take_signals_of_a_session();
  log_.forget_connection();
  std::vector<int> kept{listener.number()};
  if (log_.descriptor() >= 0) kept.push_back(log_.descriptor());
  close_all_but(std::move(kept));
  _exit(run_ready_session(plan_, std::move(listener)));
}

void ReadySessions::retire_ready() {
  ++log_age_;
  leave(ready_);
  leave(resting_);
}

void ReadySessions::retire_all() {
  retire_ready();
  for (Session& session : busy_) session.channel.close();
}

bool ReadySessions::reap(pid_t pid, int status, Time now) {
  const auto tell = [&] { log_.error("session " + std::to_string(pid) + " " + describe_wait_status(status)); };
  if (const auto found = std::ranges::find(busy_, pid, &Session::pid); found != busy_.end()) {
    if (!WIFEXITED(status)) tell();
    *found = std::move(busy_.back());
    busy_.pop_back();
    return true;
  }
  if (std::erase(leaving_, pid) != 0) return true;
  for (std::deque<Session>* sessions : {&ready_, &resting_}) {
    const auto found = std::ranges::find(*sessions, pid, &Session::pid);
    if (found == sessions->end()) continue;
    if (status != 0) tell();
    sessions->erase(found);
    backoff_.fail(now);  // the next one may end as soon
    return true;
  }
  return false;
}

}  // namespace msmtp
