// Lending.
#include "parent/keeper.hpp"

#include "parent/local_peer.hpp"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <poll.h>
#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t max_waiting = 64;

Deadline now() {
  return Deadline::in(std::chrono::milliseconds(0));
}

}  // namespace

Keeper::Keeper(const Keep& keep, Borrower opener, Holding holding, uid_t owner)
    : description_(keep.description.view()),
      patience_(keep.seconds),
      borrower_(std::move(opener)),
      requests_(std::move(holding.requests), "msmtp"),
      session_(std::move(holding.session)),
      owner_(owner) {}

void Keeper::run() {
  while (serve()) {}
}

// One event. False: this is the end. While the session is lent, nobody but the borrower looks at it.
bool Keeper::serve() {
  const Fd& other = borrower_ ? borrower_->fd() : session_[0];
  pollfd ends[] = {{requests_.fd().number(), POLLIN, 0}, {other.number(), POLLIN, 0}};
  const int ready = poll(ends, 2, borrower_ ? -1 : end_.poll_timeout());
  if (ready < 0) return errno == EINTR;
  if (ready == 0) return !end_.has_passed();
  if (ends[1].revents != 0) return borrower_ && take_back();
  return hear_request();
}

bool Keeper::take_back() {
  auto back = borrower_->expect_one<Return>(now());
  borrower_.reset();
  if (!back || ++mails_ >= max_mails_of_session) return false;
  facts_ = std::move(back->facts);
  end_ = Deadline::in(patience_);
  idle_since_ = std::time(nullptr);
  while (!waiting_.empty() && !borrower_) {
    Borrower next = std::move(waiting_.front());
    waiting_.pop_front();
    if (!lend(std::move(next))) return false;
  }
  return true;
}

bool Keeper::hear_request() {
  std::array<Fd, 1> brought;
  const auto request = requests_.expect_one<Borrow>(now(), brought);
  if (!request) return request.error().cause != Cause::plain;
  const auto who = local_peer(brought[0]);
  if (!who || who->user != owner_) return true;
  Borrower client(std::move(brought[0]), "msmtp");
  const bool is_same = request->description.view() == description_;
  if (is_same && !borrower_) return !is_stale() && lend(std::move(client));
  if (is_same && request->may_wait && waiting_.size() < max_waiting) {
    waiting_.push_back(std::move(client));
  } else {
    (void)client.try_send(NotLent{});
  }
  return true;
}

bool Keeper::is_stale() const {
  return std::time(nullptr) - idle_since_ > patience_.count();
}

// To a CLIENT that has gone meanwhile it is not lent, which is no reason to end.
bool Keeper::lend(Borrower client) {
  const auto lent = client.try_send(Lent{facts_}, session_);
  if (lent && *lent) borrower_ = std::move(client);
  return true;
}

}  // namespace msmtp
