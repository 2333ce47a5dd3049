// Dot-stuffing, over any cut of input and output.
#include "common/dot_stuffing.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace msmtp;

namespace {

std::string stuffed(std::string_view text, std::size_t in_size, std::size_t out_size) {
  DotStuffer stuffer;
  std::string out;
  std::vector<char> buffer(out_size);
  while (!text.empty()) {
    auto piece = text.substr(0, in_size);
    text.remove_prefix(piece.size());
    while (!piece.empty()) {
      const auto step = stuffer.stuff(piece, buffer);
      REQUIRE(step.written > 0);
      out.append(buffer.data(), step.written);
      piece.remove_prefix(step.taken);
    }
  }
  return out;
}

void check_stuffing(std::string_view text, std::string_view expected) {
  for (std::size_t in_size = 1; in_size <= text.size() + 1; ++in_size) {
    for (std::size_t out_size = 1; out_size <= text.size() * 2 + 1; ++out_size) {
      INFO("pieces of " << in_size << ", buffers of " << out_size);
      CHECK(stuffed(text, in_size, out_size) == expected);
    }
  }
}

}  // namespace

TEST_CASE("a dot at the beginning of a line is doubled, wherever the pieces end") {
  check_stuffing(".", "..");
  check_stuffing(".\r\n", "..\r\n");
  check_stuffing("..\r\n.a\r\n\r\n.\r\n", "...\r\n..a\r\n\r\n..\r\n");
  check_stuffing(".Header: x\r\n\r\n.\r\n.\r\n", "..Header: x\r\n\r\n..\r\n..\r\n");
}

TEST_CASE("dots elsewhere stay single") {
  check_stuffing("a.b\r\n a.\r\n", "a.b\r\n a.\r\n");
  check_stuffing("a\r.\r\n", "a\r.\r\n");
}

TEST_CASE("the end of data may follow a finished line or nothing") {
  DotStuffer stuffer;
  char buffer[16] = {};
  CHECK(stuffer.at_line_start());
  stuffer.stuff("a", buffer);
  CHECK_FALSE(stuffer.at_line_start());
  stuffer.stuff("\r\n", buffer);
  CHECK(stuffer.at_line_start());
  stuffer.stuff(".", buffer);
  CHECK_FALSE(stuffer.at_line_start());
}

TEST_CASE("a dot whose double filled the buffer is not doubled twice") {
  DotStuffer stuffer;
  char one[1] = {};
  auto step = stuffer.stuff(".", one);
  CHECK(step.taken == 0);
  CHECK(step.written == 1);
  CHECK_FALSE(stuffer.at_line_start());
  step = stuffer.stuff(".", one);
  CHECK(step.taken == 1);
  CHECK(step.written == 1);
}
