// CRLF to LF.
#include "parent/line_ends.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace msmtp;

namespace {

std::string converted(std::string_view text, std::size_t piece) {
  LineEndConverter converter;
  std::string result;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    converter.convert(text.substr(0, piece), result);
    converter.convert({}, result);
  }
  converter.finish(result);
  converter.finish(result);
  return result;
}

}  // namespace

TEST_CASE("of each LF one CR before it is left out, and nothing else, whatever the pieces") {
  using namespace std::string_literals;
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"a", "a"},
      {"a\r\nb\r\n", "a\nb\n"},
      {"a\nb", "a\nb"},
      {"\r\n", "\n"},
      {"a\rb", "a\rb"},
      {"a\r", "a\r"},
      {"a\r\r\nb", "a\r\nb"},
      {"\r\r\r", "\r\r\r"},
      {"\n\r\n\r", "\n\n\r"},
      {"\0\r\n\xff"s, "\0\n\xff"s},
      {"\r\n\r\n", "\n\n"},
      {"a\r\n\rb\r\n", "a\n\rb\n"},
  };
  for (const auto& [text, wanted] : cases) {
    for (std::size_t piece = 1; piece <= text.size() + 1; ++piece) {
      INFO(text << " in pieces of " << piece);
      CHECK(converted(text, piece) == wanted);
    }
  }
}
