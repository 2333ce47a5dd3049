// Replies: what is one, what is none, and that it does not matter in which pieces they come.
#include <catch2/catch.hpp>

#include "netproc/smtp_reply.hpp"

#include <algorithm>

namespace msmtp {
namespace {

using State = ReplyParser::State;

State feed_all(ReplyParser& parser, std::string_view bytes) {
  return parser.feed(bytes);
}

Reply parsed(std::string_view bytes) {
  ReplyParser parser;
  REQUIRE(parser.feed(bytes) == State::complete);
  REQUIRE(bytes.empty());
  return parser.take();
}

bool is_malformed(std::string_view bytes) {
  ReplyParser parser;
  return feed_all(parser, bytes) == State::malformed;
}

TEST_CASE("a reply of one line is its code and its text") {
  const Reply reply = parsed("250 ok\r\n");
  CHECK(reply.code == 250);
  CHECK(reply.text == "250 ok");
}

TEST_CASE("the lines of a reply are kept with their codes") {
  CHECK(parsed("550-5.1.1 no such\r\n550 user\r\n").text == "550-5.1.1 no such\n550 user");
}

TEST_CASE("a line end of LF alone is accepted") {
  CHECK(parsed("250-a\n250 b\n").text == "250-a\n250 b");
}

TEST_CASE("a code without text is accepted") {
  CHECK(parsed("250\r\n").code == 250);
  CHECK(parsed("250 \r\n").text == "250 ");
  CHECK(parsed("250-\r\n250\r\n").text == "250-\n250");
}

TEST_CASE("a code has three digits and begins with 2 to 5") {
  CHECK(is_malformed("2500 ok\r\n"));
  CHECK(is_malformed("-250 ok\r\n"));
  CHECK(is_malformed("25 ok\r\n"));
  CHECK(is_malformed("120 soon\r\n"));
  CHECK(is_malformed("650 what\r\n"));
  CHECK(is_malformed("2x0 what\r\n"));
  CHECK(is_malformed("\r\n"));
  CHECK(is_malformed("250ok\r\n"));
  CHECK(is_malformed("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_CASE("all lines of a reply have the same code") {
  CHECK(is_malformed("250-a\r\n550 b\r\n"));
  CHECK(is_malformed("250-a\r\n550-b\r\n"));
}

TEST_CASE("bytes behind a reply are left") {
  ReplyParser parser;
  std::string_view bytes = "250 one\r\n251 two\r\n";
  REQUIRE(parser.feed(bytes) == State::complete);
  CHECK(bytes == "251 two\r\n");
  CHECK(parser.take().text == "250 one");
  REQUIRE(parser.feed(bytes) == State::complete);
  CHECK(parser.take().code == 251);
}

TEST_CASE("a reply may come byte by byte") {
  ReplyParser parser;
  for (const char c : std::string_view("250-a\r\n250 b\r")) {
    REQUIRE(feed_all(parser, std::string_view(&c, 1)) == State::incomplete);
    CHECK(parser.has_begun());
  }
  CHECK(feed_all(parser, "\n") == State::complete);
  CHECK(parser.take().text == "250-a\n250 b");
  CHECK_FALSE(parser.has_begun());
}

TEST_CASE("CR and NUL inside a line do not reach the text") {
  CHECK(parsed(std::string_view("250 a\rb\0c\r\n", 11)).text == "250 a?b?c");
  CHECK(parsed("250 a\r\r\n").text == "250 a?");
}

TEST_CASE("bytes with the high bit stay") {
  CHECK(parsed("250 gr\xc3\xbc\xdf\r\n").text == "250 gr\xc3\xbc\xdf");
}

TEST_CASE("a line of 64 KiB is accepted and a longer one is not") {
  const std::string longest = "250 " + std::string(max_reply_line - 4, 'x');
  CHECK(parsed(longest + "\r\n").text == longest);
  CHECK(parsed(longest + "\n").text == longest);
  CHECK(is_malformed(longest + "x\r\n"));
  CHECK(is_malformed(longest + "x\n"));
}

TEST_CASE("a line that never ends is refused before it fills the memory") {
  ReplyParser parser;
  const std::string piece(4096, '2');
  std::size_t fed = 0;
  while (feed_all(parser, piece) == State::incomplete && fed < 100) ++fed;
  CHECK(fed == 16);
  CHECK(parser.fault() == "a line that is too long");
}

TEST_CASE("a reply of 1,000 lines is accepted and a longer one is not") {
  std::string lines;
  for (int i = 0; i < 999; ++i) lines += "250-x\r\n";
  const Reply reply = parsed(lines + "250 x\r\n");
  CHECK(std::count(reply.text.begin(), reply.text.end(), '\n') == 999);
  CHECK(is_malformed(lines + "250-x\r\n250 x\r\n"));
}

TEST_CASE("of a huge reply the codes are kept, and no more than its bound") {
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += "250-" + std::string(60000, 'x') + "\r\n";
  const Reply reply = parsed(lines + "250 y\r\n");
  CHECK(reply.text.size() <= max_reply_kept + 21 * 5);
  CHECK(std::count(reply.text.begin(), reply.text.end(), '\n') == 20);
}

TEST_CASE("what came of a malformed reply can be shown") {
  ReplyParser parser;
  REQUIRE(feed_all(parser, "* OK [CAPABILITY IMAP4rev1] ready\r\n") == State::malformed);
  CHECK(parser.take().text == "* OK [CAPABILITY IMAP4rev1] ready");
}

TEST_CASE("text after the code") {
  CHECK(text_after_code("250-SIZE 1") == "SIZE 1");
  CHECK(text_after_code("250").empty());
}

}  // namespace
}  // namespace msmtp
