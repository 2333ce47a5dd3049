// A process that takes one mail.
#include "parent/mail_delivery.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace msmtp {

namespace {

constexpr std::size_t max_kept_errors = 4096;
// Not more than a pipe holds, for a process that writes without end must not keep us from everything else.
constexpr int most_reads = 16;
// How often a process is looked at that has no other way to show that it has ended.
constexpr std::chrono::milliseconds glance(20);
constexpr std::chrono::milliseconds time_to_die(5000);

bool is_not_ready(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

void MailDelivery::give(std::string_view bytes) {
  while (!bytes.empty() && ends_.input.is_open()) {
    const ssize_t written = write(ends_.input.number(), bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (is_not_ready(errno)) {
      await_room();
    } else {
      ends_.input.close();  // nobody reads it
    }
  }
}

void MailDelivery::await_room() {
  std::vector<Crew::Polled> polled{{ends_.input.number(), POLLOUT}, {ends_.errors.number(), POLLIN}};
  const bool in_time = crew_.wait(polled, deadline_);
  if (polled[1].ready) drain_errors();
  if (!in_time) abandon();
}

void MailDelivery::confirm() {
  if (ends_.life.is_open()) (void)send(ends_.life.number(), ".", 1, MSG_NOSIGNAL);
  ends_.input.close();
}

int MailDelivery::finish() {
  if (ends_.process.pid() <= 0) return SIGKILL;  // it was too late before
  confirm();
  const int status = wait_for_end();
  drain_errors();
  ends_ = {};
  return status;
}

int MailDelivery::wait_for_end() {
  const Fd& sign = ends_.end.is_open() ? ends_.end : ends_.life;
  for (;;) {
    std::vector<Crew::Polled> polled{{sign.number(), POLLIN}, {ends_.errors.number(), POLLIN}};
    (void)crew_.wait(polled, sign.is_open() ? deadline_ : Deadline::in(glance).or_earlier(deadline_));
    if (polled[1].ready) drain_errors();
    const bool has_ended = sign.is_open() && polled[0].ready;
    const auto status = ends_.process.wait(Deadline::in(has_ended ? time_to_die : std::chrono::milliseconds(0)));
    if (status) return *status;
    if (!has_ended && !deadline_.has_passed()) continue;
    abandon();
    return SIGKILL;
  }
}

void MailDelivery::abandon() {
  if (ends_.process.pid() > 0) {
    (void)kill(ends_.leads_group ? -ends_.process.pid() : ends_.process.pid(), SIGKILL);
    (void)ends_.process.wait(Deadline::never());
    drain_errors();
  }
  ends_ = {};
}

void MailDelivery::drain_errors() {
  char bytes[4096];
  for (int reads = 0; reads < most_reads && ends_.errors.is_open(); ++reads) {
    const ssize_t size = read(ends_.errors.number(), bytes, sizeof bytes);
    if (size < 0) return;
    if (size == 0) return ends_.errors.close();
    const std::string_view piece(bytes, static_cast<std::size_t>(size));
    kept_errors_ += piece.substr(0, max_kept_errors - std::min(max_kept_errors, kept_errors_.size()));
    sink_(piece);
  }
}

}  // namespace msmtp
