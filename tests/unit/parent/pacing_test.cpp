// When something may be tried again.
#include "parent/pacing.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;
using namespace std::chrono_literals;

namespace {

constexpr Backoff::Time begin{1000s};

}  // namespace

TEST_CASE("pauses between failures double, from 100 ms to 5 s") {
  Backoff backoff;
  CHECK(backoff.may_try(begin));
  Backoff::Time now = begin;
  for (const auto pause : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
    backoff.fail(now);
    CHECK(backoff.next() == now + pause);
    CHECK_FALSE(backoff.may_try(now + pause - 1ms));
    CHECK(backoff.may_try(now + pause));
    now += pause;
  }
}

TEST_CASE("after a success the pauses are short again, and the next failure is the first") {
  Backoff backoff;
  backoff.fail(begin);
  CHECK(backoff.is_first());
  backoff.fail(begin);
  CHECK_FALSE(backoff.is_first());
  backoff.succeed();
  backoff.fail(begin);
  CHECK(backoff.is_first());
  CHECK(backoff.next() == begin + 100ms);
}

TEST_CASE("so many times a second, and no more") {
  RateLimit limit(3);
  for (int i = 0; i < 3; ++i) CHECK(limit.take(begin));
  CHECK_FALSE(limit.take(begin + 999ms));
  CHECK(limit.take(begin + 1s));
  CHECK(limit.take(begin + 1500ms));
  CHECK(limit.take(begin + 1999ms));
  CHECK_FALSE(limit.take(begin + 1999ms));
}
