// Deadlines: what poll(2) is told, and which of two comes first.
#include "common/deadline.hpp"

#include <catch2/catch.hpp>

#include <climits>
#include <thread>

namespace msmtp {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a deadline that never passes lets poll wait for ever") {
  CHECK_FALSE(Deadline::never().has_passed());
  CHECK(Deadline::never().poll_timeout() == -1);
}

TEST_CASE("a deadline that has passed lets poll wait for nothing") {
  for (const auto span : {0ms, -1ms, -100'000ms}) {
    CHECK(Deadline::in(span).has_passed());
    CHECK(Deadline::in(span).poll_timeout() == 0);
  }
}

TEST_CASE("what is left of a deadline is rounded up, so that poll never returns before it") {
  const Deadline deadline = Deadline::in(10'000ms);
  CHECK_FALSE(deadline.has_passed());
  CHECK(deadline.poll_timeout() > 9'000);
  CHECK(deadline.poll_timeout() <= 10'000);
  const Deadline short_one = Deadline::in(50ms);
  std::this_thread::sleep_for(1ms * short_one.poll_timeout());
  CHECK(short_one.has_passed());
}

TEST_CASE("a deadline farther away than poll can count is as far as it can") {
  CHECK(Deadline::in(1'000'000h).poll_timeout() == INT_MAX);
}

TEST_CASE("of two deadlines the earlier one counts, and never is the latest") {
  const Deadline soon = Deadline::in(1s);
  const Deadline late = Deadline::in(1h);
  const Deadline never = Deadline::never();
  for (const Deadline& earlier :
       {soon.or_earlier(late), late.or_earlier(soon), soon.or_earlier(never), never.or_earlier(soon)}) {
    CHECK(earlier.poll_timeout() > 0);
    CHECK(earlier.poll_timeout() <= 1000);
  }
  CHECK(never.or_earlier(never).poll_timeout() == -1);
}

}  // namespace
}  // namespace msmtp
