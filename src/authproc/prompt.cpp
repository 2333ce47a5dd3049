// A terminal without echo, and signals that are held back until it is as it was.
#include "authproc/prompt.hpp"

#include "common/messages.hpp"
#include "common/text.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <termios.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace msmtp {

namespace {

// Not SIGTTIN and SIGTTOU: they stop a background job before it touches the terminal of somebody else.
constexpr int held_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

volatile std::sig_atomic_t caught_signal = 0;

// While this exists, signals only arrive inside ppoll(2), and leave their number in caught_signal.
class HeldSignals {
 public:
  HeldSignals() {
    caught_signal = 0;
    sigset_t held;
    sigemptyset(&held);
    for (const int number : held_signals) sigaddset(&held, number);
    sigprocmask(SIG_BLOCK, &held, &old_mask_);
    struct sigaction note {};
    note.sa_handler = [](int number) { caught_signal = number; };
    sigfillset(&note.sa_mask);
    for (std::size_t i = 0; i < std::size(held_signals); ++i) sigaction(held_signals[i], &note, &old_actions_[i]);
  }
  ~HeldSignals() {
    for (std::size_t i = 0; i < std::size(held_signals); ++i) sigaction(held_signals[i], &old_actions_[i], nullptr);
    sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  const sigset_t& waiting_mask() const { return old_mask_; }

 private:
  sigset_t old_mask_{};
  struct sigaction old_actions_[std::size(held_signals)]{};
};

// Replaces the signal that our parent's death sends, where there is one; gives the one before.
int replace_parent_death_signal([[maybe_unused]] int signal) {
  int before = 0;
#if defined(__linux__)
  if (prctl(PR_GET_PDEATHSIG, &before, 0, 0, 0) == 0 && before != 0) (void)prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
#endif
  return before;
}

// Ctrl-C ends the parent too, and whoever dies with the parent by SIGKILL cannot restore a terminal: so the
// parent's end is SIGTERM meanwhile.
class GentleParentDeath {
 public:
  GentleParentDeath() : before_(replace_parent_death_signal(SIGTERM)) {}
  ~GentleParentDeath() { replace_parent_death_signal(before_); }
  GentleParentDeath(const GentleParentDeath&) = delete;
  GentleParentDeath& operator=(const GentleParentDeath&) = delete;

 private:
  int before_;
};

class EchoOff {
 public:
  explicit EchoOff(const Fd& terminal) : terminal_(terminal), changed_(tcgetattr(terminal.number(), &old_) == 0) {
    if (!changed_) return;
    termios silent = old_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    silent.c_lflag |= ICANON | ISIG;
    set(silent);
  }
  ~EchoOff() {
    if (changed_) set(old_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

 private:
  void set(const termios& settings) {
    while (tcsetattr(terminal_.number(), TCSAFLUSH, &settings) != 0 && errno == EINTR) {}
  }

  const Fd& terminal_;
  termios old_{};
  bool changed_;
};

enum class Event { line, signal, parent_gone };

Event wait_for_line(const Fd& terminal, const Fd& parent, const sigset_t& mask) {
  for (;;) {
    pollfd watched[] = {{terminal.number(), POLLIN, 0}, {parent.number(), 0, 0}};
    const int ready = ppoll(watched, 2, nullptr, &mask);
    if (caught_signal != 0) return Event::signal;
    if (ready > 0) return watched[1].revents != 0 ? Event::parent_gone : Event::line;
  }
}

// The line that the terminal has ready, without its end; nothing at the end of file.
std::optional<Secret> read_line(const Fd& terminal) {
  Secret line = Secret::with_capacity(max_password + 1);
  while (!line.reveal().ends_with('\n') && line.spare_size() != 0) {
    const ssize_t count = read(terminal.number(), line.spare(), line.spare_size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    line.grow_by(static_cast<std::size_t>(count));
  }
  if (line.empty()) return std::nullopt;
  if (line.reveal().ends_with('\n')) line.truncate(line.size() - 1);
  return line;
}

struct Answer {
  Event event = Event::line;
  int signal = 0;
  std::optional<Secret> password;
};

Answer ask_once(const Fd& terminal, const Fd& parent, std::string_view question) {
  const HeldSignals held;
  const GentleParentDeath gentle;
  const EchoOff echo_off(terminal);
  Answer answer;
  if (!write_all(terminal, question)) return answer;
  answer.event = wait_for_line(terminal, parent, held.waiting_mask());
  answer.signal = caught_signal;
  if (answer.event == Event::line) answer.password = read_line(terminal);
  (void)write_all(terminal, "\n");
  return answer;
}

}  // namespace

Result<std::optional<Secret>> ask_on_terminal(std::string_view question, const Fd& parent) {
  const Fd terminal(open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.is_open()) return std::optional<Secret>();
  for (;;) {
    Answer answer = ask_once(terminal, parent, question);
    if (answer.event == Event::line) return std::move(answer.password);
    if (answer.event == Event::parent_gone) {
      return fail(Error{ExitCode::software, "msmtp has ended unexpectedly", {}, Cause::peer_gone});
    }
    // Its default action ends us, or stops us until the user goes on: then we ask again.
    (void)raise(answer.signal);
  }
}

Result<std::optional<Secret>> ask_for_password(std::string_view user, std::string_view host, const Fd& parent) {
  return ask_on_terminal("password for " + printable(user) + " at " + printable(host) + ": ", parent);
}

}  // namespace msmtp
