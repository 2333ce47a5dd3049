// Bodies: line ends, pieces, counters.
#include "parent/body_canonicalizer.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace msmtp;
using namespace std::string_view_literals;

namespace {

struct Outcome {
  std::string bytes;
  std::uint64_t wire_size = 0;
  std::uint64_t counted_size = 0;
  bool has_eight_bit = false;
};

// Converts TEXT in pieces of IN_SIZE bytes into buffers of OUT_SIZE bytes.
Outcome convert(std::string_view text, std::size_t in_size, std::size_t out_size) {
  BodyCanonicalizer body;
  Outcome outcome;
  std::vector<char> buffer(out_size);
  std::size_t filled = 0;
  while (!text.empty()) {
    auto piece = text.substr(0, in_size);
    text.remove_prefix(piece.size());
    while (!piece.empty()) {
      const auto step = body.convert(piece, std::span(buffer).subspan(filled));
      piece.remove_prefix(step.taken);
      filled += step.written;
      if (piece.empty()) continue;
      REQUIRE(filled > 0);
      outcome.bytes.append(buffer.data(), filled);
      filled = 0;
    }
  }
  outcome.bytes.append(buffer.data(), filled);
  outcome.bytes += body.finish();
  CHECK(body.finish().empty());
  outcome.wire_size = body.wire_size();
  outcome.counted_size = body.counted_size();
  outcome.has_eight_bit = body.has_eight_bit();
  return outcome;
}

void check_body(std::string_view text, std::string_view expected, std::uint64_t counted) {
  for (std::size_t in_size = 1; in_size <= text.size() + 1; ++in_size) {
    for (std::size_t out_size = 2; out_size <= text.size() * 2 + 2; ++out_size) {
      const auto outcome = convert(text, in_size, out_size);
      INFO("pieces of " << in_size << ", buffers of " << out_size);
      CHECK(outcome.bytes == expected);
      CHECK(outcome.wire_size == expected.size());
      CHECK(outcome.counted_size == counted);
    }
  }
}

}  // namespace

TEST_CASE("LF, CRLF and a bare CR all become CRLF, however the input is cut") {
  check_body("a\nb\n", "a\r\nb\r\n", 4);
  check_body("a\r\nb\r\n", "a\r\nb\r\n", 4);
  check_body("a\rb\r", "a\r\nb\r\n", 4);
  check_body("a\r\r\nb\n\r\n", "a\r\n\r\nb\r\n\r\n", 6);
  check_body("\n\r\r\n\n", "\r\n\r\n\r\n\r\n", 4);
}

TEST_CASE("line ends are found wherever they stand") {
  for (std::size_t size = 1; size < 70; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const char end : {'\n', '\r'}) {
        std::string in(size, 'x');
        in[place] = end;
        std::string expected = in;
        expected.replace(place, 1, "\r\n");
        if (place + 1 < size) expected += "\r\n";  // of the last line
        REQUIRE(convert(in, size, 2 * size + 2).bytes == expected);
        in[place] = '\xe4';
        BodyCanonicalizer body;
        std::string out(100, ' ');
        (void)body.convert(in, out);
        REQUIRE(body.has_eight_bit());
      }
    }
  }
}

TEST_CASE("ways to smuggle an end of data leave no bare CR or LF") {
  check_body("\n.\r\n", "\r\n.\r\n", 3);
  check_body("\r.\r", "\r\n.\r\n", 3);
  check_body("\r\n.\n", "\r\n.\r\n", 3);
}

TEST_CASE("an unfinished last line is ended, and an empty body stays empty") {
  check_body("a", "a\r\n", 2);
  check_body("a\nb", "a\r\nb\r\n", 4);
  CHECK(convert("", 1, 2).bytes.empty());
  CHECK(convert("", 1, 2).counted_size == 0);
}

TEST_CASE("NUL and bytes above 127 pass, and the latter are noticed") {
  const std::string_view nul = "a\0b\n"sv;
  CHECK(convert(nul, 4, 16).bytes == "a\0b\r\n"sv);
  CHECK_FALSE(convert(nul, 4, 16).has_eight_bit);
  for (std::size_t place = 0; place < 40; ++place) {
    std::string text(40, 'x');
    text[place] = '\x80';
    CHECK(convert(text, 100, 100).has_eight_bit);
    CHECK(convert(text, 3, 5).has_eight_bit);
  }
}

TEST_CASE("a last line of a buffer's length is ended like any other") {
  for (std::size_t size = 1020; size <= 1028; ++size) {
    const std::string line(size, 'x');
    CHECK(convert(line, 1023, 1024).bytes == line + "\r\n");
    CHECK(convert(line + "\r", 1023, 1024).bytes == line + "\r\n");
    CHECK(convert(line + "\r\n" + line, size + 1, 1024).bytes == line + "\r\n" + line + "\r\n");
  }
}

TEST_CASE("a long line is not broken") {
  const std::string line(3'000'000, 'x');
  CHECK(convert(line + "\n", 65536, 60000).bytes == line + "\r\n");
}

TEST_CASE("without room for CRLF nothing is lost") {
  BodyCanonicalizer body;
  char one = 0;
  CHECK(body.convert("\n", {&one, 1}).taken == 0);
  CHECK(body.convert("a\n", {&one, 1}).taken == 1);
  char two[2] = {};
  CHECK(body.convert("\n", two).taken == 1);
  CHECK(body.wire_size() == 3);
  CHECK(body.finish().empty());
}
