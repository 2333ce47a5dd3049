// A point in time until which something may take: passed down instead of a time-out, so that a peer
// that drips one byte a second cannot extend it.
#pragma once

#include <algorithm>
#include <chrono>
#include <climits>
#include <optional>

namespace msmtp {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  static Deadline never() { return Deadline(); }
  static Deadline in(std::chrono::milliseconds span) {
    Deadline deadline;
    deadline.at_ = Clock::now() + span;
    return deadline;
  }

  bool has_passed() const { return at_ && Clock::now() >= *at_; }

  // What poll(2) wants: milliseconds rounded up, 0 when passed, -1 for never.
  int poll_timeout() const {
    if (!at_) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at_ - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
  }

  // The one that passes first.
  Deadline or_earlier(const Deadline& other) const {
    if (!at_) return other;
    if (!other.at_) return *this;
    return *at_ < *other.at_ ? *this : other;
  }

 private:
  std::optional<Clock::time_point> at_;
};

}  // namespace msmtp
