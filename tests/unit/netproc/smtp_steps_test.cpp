// Timers: those of the RFC when nothing is configured, else one for everything.
#include <catch2/catch.hpp>

#include "netproc/smtp_steps.hpp"

namespace msmtp {
namespace {

int seconds_left(const Timers& timers, Step step) {
  return (timers.start(step).poll_timeout() + 999) / 1000;
}

TEST_CASE("without a timeout the timers of RFC 5321, 4.5.3.2, hold") {
  const Timers timers(0);
  CHECK(seconds_left(timers, Step::greeting) == 300);
  CHECK(seconds_left(timers, Step::hello) == 300);
  CHECK(seconds_left(timers, Step::mail) == 300);
  CHECK(seconds_left(timers, Step::recipient) == 300);
  CHECK(seconds_left(timers, Step::data) == 120);
  CHECK(seconds_left(timers, Step::content) == 180);
  CHECK(seconds_left(timers, Step::delivery) == 600);
}

TEST_CASE("a timeout holds for every step") {
  for (int step = 0; step <= static_cast<int>(Step::last); ++step) {
    CHECK(seconds_left(Timers(7), static_cast<Step>(step)) == 7);
  }
}

TEST_CASE("the largest timeout is far away and not in the past") {
  CHECK_FALSE(Timers(UINT32_MAX).start(Step::mail).has_passed());
  CHECK(Timers(UINT32_MAX).start(Step::mail).poll_timeout() > 1'000'000'000);
}

}  // namespace
}  // namespace msmtp
