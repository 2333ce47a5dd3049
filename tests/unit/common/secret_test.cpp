// Secrets: one owner, wiped when let go.
#include "common/secret.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

using namespace msmtp;

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

TEST_CASE("a secret gives back what was put in") {
  const auto secret = Secret::copy_of("password");
  CHECK(secret.reveal() == "password");
  CHECK(Secret::copy_of(std::string_view("a\0b", 3)).size() == 3);
  CHECK(Secret::copy_of("").empty());
  CHECK(Secret().reveal().empty());
}

TEST_CASE("appending beyond the capacity keeps what was there") {
  auto secret = Secret::with_capacity(10);
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    secret.append("abcd");
    expected += "abcd";
  }
  CHECK(secret.size() == 12000);
  CHECK(secret.reveal() == expected);
}

TEST_CASE("appending nothing changes nothing") {
  Secret secret;
  secret.append("");
  CHECK(secret.empty());
}

TEST_CASE("a moved secret has one owner") {
  auto first = Secret::copy_of("x");
  auto second = std::move(first);
  CHECK(second.reveal() == "x");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
  auto third = Secret::copy_of("y");
  third = std::move(second);
  CHECK(third.reveal() == "x");
  CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("truncating wipes the bytes that were cut off") {
  auto secret = Secret::copy_of("password");
  const char* start = secret.reveal().data();
  secret.truncate(4);
  CHECK(secret.reveal() == "pass");
  CHECK(std::string(start, 8) == std::string("pass\0\0\0\0", 8));
  secret.truncate(100);
  CHECK(secret.size() == 4);
}

TEST_CASE("bytes written to the spare room count once they are announced") {
  auto secret = Secret::with_capacity(8);
  REQUIRE(secret.spare_size() >= 8);
  std::memcpy(secret.spare(), "abc", 3);
  CHECK(secret.empty());
  secret.grow_by(3);
  CHECK(secret.reveal() == "abc");
  CHECK(secret.spare() == secret.reveal().data() + 3);
}

TEST_CASE("a wiped secret is empty and can be used again") {
  auto secret = Secret::copy_of("password");
  secret.wipe();
  CHECK(secret.empty());
  CHECK(secret.spare_size() == 0);
  secret.append("new");
  CHECK(secret.reveal() == "new");
}

TEST_CASE("wiped memory holds zeros") {
  char memory[16];
  std::memset(memory, 'x', sizeof memory);
  wipe_memory(memory, 8);
  CHECK(std::string(memory, 16) == std::string(8, '\0') + std::string(8, 'x'));
}
