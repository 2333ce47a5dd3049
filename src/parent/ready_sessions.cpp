// msmtpd's sessions, as the listener has them.
#include "parent/ready_sessions.hpp"

#include <algorithm>
#include <cerrno>
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

bool ReadySessions::wants_more(Time now) const {
  const std::size_t usable = generation_ == helpers_.generation() ? ready_.size() : 0;
  return usable < wanted() && helpers_.is_complete() && backoff_.may_try(now);
}

std::optional<ReadySessions::Time> ReadySessions::next_attempt() const {
  if (ready_.size() >= wanted() || !helpers_.is_complete()) return std::nullopt;
  return backoff_.next();
}

void ReadySessions::leave_old_ones() {
  if (std::exchange(generation_, helpers_.generation()) != generation_) retire_ready();
}

void ReadySessions::make_one(Time now) {
  leave_old_ones();
  if (!helpers_.is_complete()) return;
  auto made = make();
  if (made) {
    ready_.push_back(std::move(*made));
    return backoff_.succeed();
  }
  backoff_.fail(now);
  if (backoff_.is_first()) log_.error("no session can be made: " + made.error().text);
}

Result<ReadySessions::Session> ReadySessions::make() {
  SocketPair listener = TRY(make_seqpacket_pair());
  SocketPair server = TRY(make_seqpacket_pair());
  CopyEnds copies{std::move(server.right), {}, {}, {}};
  SessionEnds ends{std::move(listener.right), std::move(server.left), {}};
  if (plan_.options.login) {
    SocketPair login = TRY(make_seqpacket_pair());
    SocketPair check = TRY(make_seqpacket_pair());
    copies.login = std::move(login.left);
    copies.check = std::move(login.right);
    copies.answer = std::move(check.left);
    ends.check = std::move(check.right);
  }
  TRY(helpers_.order(std::move(copies)));
  const pid_t pid = fork();
  if (pid < 0) return fail(ExitCode::os_error, "cannot start a process: " + error_text(errno));
  if (pid == 0) become_session(std::move(ends));
  return Session{pid, Channel<ToSession, FromForker>(std::move(listener.left), "a session")};
}

// In the copy. It never returns, and so nothing of the listener's is closed twice.
void ReadySessions::become_session(SessionEnds ends) {
  take_signals_of_a_session();
  log_.forget_connection();
  std::vector<int> kept{ends.listener.number(), ends.server.number()};
  if (ends.check) kept.push_back(ends.check->number());
  if (log_.descriptor() >= 0) kept.push_back(log_.descriptor());
  close_all_but(std::move(kept));
  _exit(run_ready_session(plan_, std::move(ends.listener), std::move(ends.server), std::move(ends.check)));
}

void ReadySessions::retire_ready() {
  for (const Session& session : ready_) leaving_.push_back(session.pid);
  ready_.clear();
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
  const auto found = std::ranges::find(ready_, pid, &Session::pid);
  if (found == ready_.end()) return false;
  if (status != 0) tell();
  ready_.erase(found);
  backoff_.fail(now);  // the next one may end as soon
  return true;
}

}  // namespace msmtp
