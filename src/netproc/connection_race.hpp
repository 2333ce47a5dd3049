// The race for a connection (RFC 8305) without its sockets: who starts when, who has lost, and why all have.
#pragma once

#include "common/deadline.hpp"
#include "common/messages.hpp"

#include <optional>
#include <span>
#include <vector>

namespace msmtp {

// Connection Attempt Delay (RFC 8305, 5).
inline constexpr std::chrono::milliseconds attempt_delay{250};
// After this an attempt counts as timed out, so that the others do not wait for ever for one of the lanes.
inline constexpr std::chrono::seconds attempt_limit{60};
// Attempts at the same time.
inline constexpr std::size_t max_attempts = 8;

// ENDPOINTS in the order to try them (RFC 8305, 4, First Address Family Count 1): each family keeps its own order, the
// families take turns, the family of the first endpoint begins. Duplicates are left out.
std::vector<Endpoint> interleave_families(std::span<const Endpoint> endpoints);

// Why connect(2) fails: of several errno values the one that tells most. An address family that this machine does not
// have tells less than a server that refuses; among equals the later one wins.
int more_telling(int earlier_errno, int later_errno);

// The schedule. The caller starts and ends the attempts, and says what became of them.
class ConnectionRace {
 public:
  using Time = Deadline::Clock::time_point;

  explicit ConnectionRace(std::span<const Endpoint> endpoints);

  // The address to try now, which counts as running from then on; nothing when it is not yet time or all lanes are
  // taken.
  std::optional<Endpoint> next(Time now);
  // An attempt has failed: the next one may start at once.
  void failed(int errno_value);
  // No address is left and no attempt is running.
  bool is_lost() const { return next_ == order_.size() && running_ == 0; }
  // When next() has to be asked again, unless an attempt fails before; nothing when only failures matter.
  std::optional<Time> next_start() const;
  // The errno value to report when the race is lost.
  int reason() const { return reason_; }

 private:
  bool may_start() const { return next_ < order_.size() && running_ < max_attempts; }

  std::vector<Endpoint> order_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  Time earliest_start_ = Time();
  int reason_ = 0;
};

}  // namespace msmtp
