// A process that makes copies of itself.
#include "common/forker.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <fcntl.h>
#include <poll.h>
#include <span>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr int ignored_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};

sigset_t no_signals() {
  sigset_t none;
  sigemptyset(&none);
  return none;
}

void set_action(int signal, void (*action)(int)) {
  struct sigaction how {};
  how.sa_handler = action;
  how.sa_flags = SA_NOCLDSTOP;
  (void)sigaction(signal, &how, nullptr);
}

// It only has to interrupt the wait for the next order.
void note_that_a_copy_ended(int) {}

void set_signals() {
  sigset_t children = no_signals();
  sigaddset(&children, SIGCHLD);
  (void)sigprocmask(SIG_SETMASK, &children, nullptr);
  set_action(SIGCHLD, note_that_a_copy_ended);
  for (const int signal : ignored_signals) set_action(signal, SIG_IGN);
}

void reset_signals() {
  const sigset_t none = no_signals();
  set_action(SIGCHLD, SIG_DFL);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
}

// There is one log for all copies. One that was taken over could fill it, and keep the others from writing to it.
void leave_log() {
  (void)close(STDERR_FILENO);
  (void)fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO);
}

struct Heard {
  bool order = false;
  bool bell = false;
};

// Nothing when a copy has ended: SIGCHLD comes here and nowhere else, so that none is missed. BELL may be -1.
Heard wait_for_order(const Fd& orders, int bell) {
  const sigset_t none = no_signals();
#if defined(__APPLE__)  // has no ppoll(2)
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(orders.number(), &readable);
  if (bell >= 0) FD_SET(bell, &readable);
  if (pselect(std::max(orders.number(), bell) + 1, &readable, nullptr, nullptr, nullptr, &none) <= 0) return {};
  return {FD_ISSET(orders.number(), &readable) != 0, bell >= 0 && FD_ISSET(bell, &readable) != 0};
#else
  pollfd readable[] = {{orders.number(), POLLIN, 0}, {bell, POLLIN, 0}};
  if (ppoll(readable, std::size(readable), nullptr, &none) <= 0) return {};
  return {readable[0].revents != 0, readable[1].revents != 0};
#endif
}

std::vector<Fd> those_that_came(std::span<Fd> descriptors) {
  std::vector<Fd> came;
  for (Fd& descriptor : descriptors) {
    if (descriptor.is_open()) came.push_back(std::move(descriptor));
  }
  return came;
}

}  // namespace

Forker::Forker(ForkerOrders& orders, std::size_t descriptors, Copy copy, std::size_t optional)
    : orders_(orders), descriptors_(descriptors), optional_(optional), copy_(std::move(copy)) {}

Result<Forker> Forker::prepare(ForkerOrders& orders, std::size_t descriptors, Copy copy, std::size_t optional) {
  if (descriptors > max_handed || optional >= descriptors) {
    return fail(ExitCode::software, "no order brings so many descriptors");
  }
  set_signals();
  return Forker(orders, descriptors, std::move(copy), optional);
}

void Forker::listen_to(const Fd& bell, std::function<void()> rung) {
  bell_ = bell.number();
  rung_ = std::move(rung);
}

Result<void> Forker::run() {
  for (;;) {
    const Heard heard = wait_for_order(orders_.fd(), bell_);
    reap_those_that_ended();
    if (heard.bell) rung_();
    if (!heard.order) continue;
    std::array<Fd, max_handed> brought;
    const std::span<Fd> wanted(brought.data(), descriptors_);
    const auto order = orders_.expect_one<NewProcess>(Deadline::never(), wanted, optional_);
    if (order) {
      make_copy(those_that_came(wanted));
    } else if (order.error().cause == Cause::peer_gone) {
      break;
    } else {
      return fail(order.error());
    }
  }
  while (waitpid(-1, nullptr, 0) > 0) {}
  return {};
}

// When there can be no copy now, the descriptors are closed, which says so to everybody whom they connect.
void Forker::make_copy(std::vector<Fd> descriptors) {
  if (fork() != 0) return;
  reset_signals();
  leave_log();
  orders_.close();
  _exit(copy_(std::move(descriptors)));
}

void Forker::reap_those_that_ended() {
  int status = 0;
  while (waitpid(-1, &status, WNOHANG) > 0) tell_how_it_ended(status);
}

// Who gives the orders may be busy, or gone; it is told of the next crash then.
void Forker::tell_how_it_ended(int status) {
  if (!WIFSIGNALED(status)) return;
  (void)orders_.try_send(Crashed{static_cast<std::uint32_t>(WTERMSIG(status))});
}

}  // namespace msmtp
