// Signals as something to poll(2) for.
#include "parent/awaited_signals.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/signalfd.h>
#else
#include <sys/event.h>
#include <sys/time.h>
#endif

namespace msmtp {

namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  return set;
}

#if defined(__linux__)

Fd open_queue(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  return Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

std::optional<int> take_from(const Fd& queue) {
  signalfd_siginfo info{};
  if (read(queue.number(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

#else

Fd open_queue(std::initializer_list<int> signals) {
  Fd queue(kqueue());
  if (!queue.is_open() || fcntl(queue.number(), F_SETFD, FD_CLOEXEC) != 0) return {};
  for (const int signal : signals) {
    struct kevent change {};
    EV_SET(&change, signal, EVFILT_SIGNAL, EV_ADD | EV_CLEAR, 0, 0, nullptr);
    if (kevent(queue.number(), &change, 1, nullptr, 0, nullptr) != 0) return {};
  }
  return queue;
}

std::optional<int> take_from(const Fd& queue) {
  struct kevent event {};
  const timespec at_once{};
  if (kevent(queue.number(), nullptr, 0, &event, 1, &at_once) != 1) return std::nullopt;
  return static_cast<int>(event.ident);
}

#endif

}  // namespace

Result<AwaitedSignals> AwaitedSignals::of(std::initializer_list<int> signals) {
  const sigset_t set = set_of(signals);
  (void)sigprocmask(SIG_BLOCK, &set, nullptr);
  Fd queue = open_queue(signals);
  if (!queue.is_open()) return fail(ExitCode::os_error, "cannot wait for signals: " + error_text(errno));
  return AwaitedSignals(std::move(queue));
}

std::optional<int> AwaitedSignals::take() const {
  return take_from(fd_);
}

}  // namespace msmtp
