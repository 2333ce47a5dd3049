// When something that failed, or happened, may be tried again.
#pragma once

#include "common/deadline.hpp"

#include <algorithm>
#include <chrono>

namespace msmtp {

// After each failure in a row twice as long, from 100 ms to 5 s.
class Backoff {
 public:
  using Time = Deadline::Clock::time_point;

  void fail(Time now) {
    pause_ = std::clamp(2 * pause_, shortest, longest);
    next_ = now + pause_;
  }
  void succeed() { pause_ = {}; }
  // Whether this is the first failure since the last success: the one to tell of.
  bool is_first() const { return pause_ == shortest; }
  bool may_try(Time now) const { return now >= next_; }
  Time next() const { return next_; }

 private:
  static constexpr std::chrono::milliseconds shortest{100};
  static constexpr std::chrono::milliseconds longest{5000};

  std::chrono::milliseconds pause_{};
  Time next_{};
};

// At most so many times a second.
class RateLimit {
 public:
  using Time = Deadline::Clock::time_point;

  explicit RateLimit(int most) : most_(most) {}

  // Whether it may be done once more now; then it counts as done.
  bool take(Time now) {
    if (now >= begin_ + std::chrono::seconds(1)) {
      begin_ = now;
      count_ = 0;
    }
    return count_ < most_ && ++count_ > 0;
  }

 private:
  int most_;
  int count_ = 0;
  Time begin_{};
};

}  // namespace msmtp
