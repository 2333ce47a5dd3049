// What goes in comes out, however the queue has to move it.
#include <catch2/catch.hpp>

#include "common/byte_queue.hpp"

#include <string>

namespace msmtp {
namespace {

TEST_CASE("bytes come out as they went in") {
  ByteQueue queue;
  CHECK(queue.view().empty());
  std::string expected;
  unsigned next = 0;
  for (unsigned round = 1; round < 400; ++round) {
    const std::size_t size = round * 7 % 97;
    const auto room = queue.room(size);
    REQUIRE(room.size() >= size);
    for (std::size_t i = 0; i < size; ++i) expected += room[i] = static_cast<char>(next++);
    queue.add(size);
    const std::size_t count = round * 5 % 89;
    if (count > queue.size()) continue;
    queue.drop(count);
    expected.erase(0, count);
    REQUIRE(queue.view() == expected);
  }
  queue.drop(queue.size());
  CHECK(queue.size() == 0);
}

TEST_CASE("a queue that is emptied now and then does not grow") {
  ByteQueue queue;
  queue.add("0123456789");
  const std::size_t room = queue.room(100).size();
  for (int i = 0; i < 1000; ++i) {
    queue.add("0123456789");
    queue.drop(10);
  }
  CHECK(queue.view() == "0123456789");
  CHECK(queue.room(1).size() <= 2 * room);
}

}  // namespace
}  // namespace msmtp
