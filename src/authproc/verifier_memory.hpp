// When a login failed last, whoever it was: a page that the verifier writes and its copies can only read, and a pipe by
// which they tell the verifier.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

namespace msmtp {

class FailedLogins {
 public:
  // So long a failed login makes others slow.
  static constexpr std::chrono::seconds memory{60};

  // In the verifier, before it is confined.
  static Result<FailedLogins> prepare();

  // In the verifier: what is readable when a copy has reported, and what is to be done then.
  const Fd& reports() const { return reports_.read_end; }
  void note();

  // In a copy, before its stage.
  void leave_to_copy();
  void report() const;
  bool is_recent() const;

 private:
  using Time = std::atomic<std::int64_t>;  // of the steady clock, in milliseconds; 0: never
  struct Unmap {
    void operator()(Time* page) const;
  };
  using Page = std::unique_ptr<Time, Unmap>;

  FailedLogins(Pipe reports, Page written, Page seen);

  Pipe reports_;
  Page written_;  // not in a copy
  Page seen_;
};

}  // namespace msmtp
