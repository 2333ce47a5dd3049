// Lines of a client, in whatever pieces they come.
#include <catch2/catch.hpp>

#include "netproc/server_lines.hpp"

#include <string>
#include <string_view>

namespace msmtp {
namespace {

struct Kept {
  std::string text;
  bool crlf;
  bool too_long;
};

Kept line_of(std::string_view bytes) {
  ClientLineReader reader;
  const auto line = reader.feed(bytes);
  REQUIRE(line);
  REQUIRE(bytes.empty());
  return {std::string(line->text), line->crlf, line->too_long};
}

TEST_CASE("a line ends in LF, and whether CR stood before it is told") {
  CHECK(line_of("NOOP\r\n").text == "NOOP");
  CHECK(line_of("NOOP\r\n").crlf);
  CHECK(line_of("NOOP\n").text == "NOOP");
  CHECK_FALSE(line_of("NOOP\n").crlf);
  CHECK(line_of("\r\n").text.empty());
  CHECK(line_of("a\r\r\n").text == "a\r");
  CHECK(line_of("a\rb\n").text == "a\rb");
}

TEST_CASE("what comes after the line is left") {
  ClientLineReader reader;
  std::string_view bytes = "one\r\ntwo\r\nth";
  CHECK(reader.feed(bytes)->text == "one");
  CHECK(reader.feed(bytes)->text == "two");
  CHECK_FALSE(reader.feed(bytes));
  CHECK(reader.unfinished() == 2);
}

TEST_CASE("it does not matter where a line is cut") {
  const std::string_view whole = "MAIL FROM:<a@b>\r\n";
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    ClientLineReader reader;
    std::string_view first = whole.substr(0, cut), second = whole.substr(cut);
    CHECK_FALSE(reader.feed(first));
    const auto line = reader.feed(second);
    REQUIRE(line);
    CHECK(line->text == "MAIL FROM:<a@b>");
    CHECK(line->crlf);
  }
}

TEST_CASE("a long line is cut, and the next one is whole again") {
  ClientLineReader reader;
  const std::string input = std::string(max_login_line + 10, 'x') + "\r\nNOOP\r\n";
  std::string_view bytes = input;
  const auto line = reader.feed(bytes);
  REQUIRE(line);
  CHECK(line->too_long);
  CHECK(line->crlf);
  CHECK(line->text.size() == max_login_line);
  CHECK(reader.feed(bytes)->text == "NOOP");
  CHECK_FALSE(line_of(std::string(max_login_line + 2, 'x') + "\n").crlf);
  for (const std::string_view end : {"\n", "\r\n"}) {
    CHECK_FALSE(line_of(std::string(max_login_line, 'x') + std::string(end)).too_long);
    CHECK(line_of(std::string(max_login_line, 'x') + std::string(end)).text.size() == max_login_line);
    const Kept longer = line_of(std::string(max_login_line + 1, 'x') + std::string(end));
    CHECK(longer.too_long);
    CHECK(longer.crlf == (end == "\r\n"));
    CHECK(longer.text.size() == max_login_line);
  }
}

TEST_CASE("an endless line is counted and not kept") {
  ClientLineReader reader;
  const std::string piece(10000, 'x');
  for (int i = 0; i < 10; ++i) {
    std::string_view bytes = piece;
    CHECK_FALSE(reader.feed(bytes));
  }
  CHECK(reader.unfinished() == 100000);
}

TEST_CASE("what was read can be overwritten, and the next line is whole") {
  ClientLineReader reader;
  std::string_view bytes = "AUTH PLAIN c2VjcmV0\r\nNOOP\r\n";
  const std::string_view text = reader.feed(bytes)->text;
  REQUIRE(text == "AUTH PLAIN c2VjcmV0");
  reader.wipe();
  CHECK(text == std::string(text.size(), '\0'));
  CHECK(reader.feed(bytes)->text == "NOOP");
}

}  // namespace
}  // namespace msmtp
