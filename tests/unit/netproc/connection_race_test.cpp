// The schedule of the race for a connection.
#include "netproc/connection_race.hpp"

#include "common/address.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

using namespace msmtp;
using namespace std::chrono_literals;

namespace {

std::vector<Endpoint> endpoints(std::initializer_list<std::string_view> texts) {
  std::vector<Endpoint> result;
  for (const auto text : texts) result.push_back(*parse_numeric_address(text));
  return result;
}

std::string order_of(std::initializer_list<std::string_view> texts) {
  std::string order;
  for (const Endpoint& endpoint : interleave_families(endpoints(texts))) order += to_text(endpoint) + " ";
  return order;
}

constexpr ConnectionRace::Time start_of_time = ConnectionRace::Time() + 1h;

}  // namespace

TEST_CASE("the families take turns and each keeps its order") {
  CHECK(order_of({"::1", "::2", "::3", "1.0.0.1", "1.0.0.2"}) == "::1 1.0.0.1 ::2 1.0.0.2 ::3 ");
  CHECK(order_of({"1.0.0.1", "1.0.0.2", "::1"}) == "1.0.0.1 ::1 1.0.0.2 ");
  CHECK(order_of({"1.0.0.1", "1.0.0.2"}) == "1.0.0.1 1.0.0.2 ");
  CHECK(order_of({}) == "");
}

TEST_CASE("an address that is named twice is tried once") {
  CHECK(order_of({"::1", "1.0.0.1", "::1", "1.0.0.1"}) == "::1 1.0.0.1 ");
}

TEST_CASE("the next attempt starts after the delay while the first still runs") {
  ConnectionRace race(endpoints({"::1", "1.0.0.1"}));
  REQUIRE(race.next(start_of_time));
  CHECK_FALSE(race.next(start_of_time));
  CHECK(race.next_start() == start_of_time + attempt_delay);
  CHECK_FALSE(race.next(start_of_time + attempt_delay - 1ms));
  CHECK(to_text(*race.next(start_of_time + attempt_delay)) == "1.0.0.1");
  CHECK_FALSE(race.next_start());
  CHECK_FALSE(race.is_lost());
}

TEST_CASE("the next attempt starts at once when one fails") {
  ConnectionRace race(endpoints({"::1", "1.0.0.1"}));
  REQUIRE(race.next(start_of_time));
  race.failed(ECONNREFUSED);
  CHECK_FALSE(race.is_lost());
  CHECK(race.next(start_of_time + 1ms));
}

TEST_CASE("the race is lost when the last running attempt has failed") {
  ConnectionRace race(endpoints({"::1", "1.0.0.1"}));
  REQUIRE(race.next(start_of_time));
  REQUIRE(race.next(start_of_time + attempt_delay));
  race.failed(ECONNREFUSED);
  CHECK_FALSE(race.is_lost());
  race.failed(ENETUNREACH);
  CHECK(race.is_lost());
  CHECK(race.reason() == ECONNREFUSED);
}

TEST_CASE("a race without addresses is lost from the start") {
  CHECK(ConnectionRace({}).is_lost());
}

TEST_CASE("there is a bound on attempts at the same time") {
  std::vector<Endpoint> many(max_attempts + 2);
  for (std::size_t i = 0; i < many.size(); ++i) many[i].address[3] = static_cast<std::uint8_t>(i);
  ConnectionRace race(many);
  auto now = start_of_time;
  for (std::size_t i = 0; i < max_attempts; ++i, now += attempt_delay) REQUIRE(race.next(now));
  CHECK_FALSE(race.next(now));
  CHECK_FALSE(race.next_start());
  race.failed(ETIMEDOUT);
  CHECK(race.next(now));
  CHECK_FALSE(race.next(now + 1h));
}

TEST_CASE("what a server did tells more than what this machine lacks") {
  CHECK(more_telling(0, ENETUNREACH) == ENETUNREACH);
  CHECK(more_telling(ECONNREFUSED, ENETUNREACH) == ECONNREFUSED);
  CHECK(more_telling(EAFNOSUPPORT, ETIMEDOUT) == ETIMEDOUT);
  CHECK(more_telling(ETIMEDOUT, ECONNREFUSED) == ECONNREFUSED);
}
