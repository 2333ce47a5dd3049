// Names before addresses: atoms, quoted strings, encoded-words.
#include "parent/display_name.hpp"

#include "common/base64.hpp"
#include "common/text.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;
using namespace std::string_view_literals;

namespace {

// What the encoded-words of TEXT stand for; fails when a line of TEXT is not exactly one word.
std::string decoded(std::string_view text) {
  std::string all;
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(' ')) line.remove_prefix(1);
    CHECK(line.size() <= 75);
    REQUIRE(line.starts_with("=?utf-8?B?"));
    REQUIRE(line.ends_with("?="));
    const auto bytes = base64_decode(line.substr(10, line.size() - 12));
    REQUIRE(bytes);
    // No word begins in the middle of a character.
    CHECK((static_cast<unsigned char>(bytes->front()) & 0xc0) != 0x80);
    all += *bytes;
  }
  return all;
}

}  // namespace

TEST_CASE("a name of atoms stays as it is") {
  for (const char* name : {"Test User", "Joe", "O'Neil-Smith", "=?utf-8?Q?J=C3=B6rg?=", "a{b}c!"}) {
    CHECK(phrase_of(name).text == name);
    CHECK_FALSE(phrase_of(name).encoded);
  }
  CHECK(phrase_of("").text.empty());
}

TEST_CASE("a name with specials is quoted") {
  CHECK(phrase_of("Doe, \"J\" (x)").text == "\"Doe, \\\"J\\\" (x)\"");
  CHECK(phrase_of("J. Doe").text == "\"J. Doe\"");
  CHECK(phrase_of("a\\b").text == "\"a\\\\b\"");
  CHECK(phrase_of("x <evil@example.com>").text == "\"x <evil@example.com>\"");
  CHECK(phrase_of(" Joe").text == "\" Joe\"");
  CHECK(phrase_of("Joe  Doe").text == "\"Joe  Doe\"");
}

TEST_CASE("control bytes become question marks, so no name can end its line") {
  CHECK(phrase_of("Joe\r\nBcc: x@y").text == "\"Joe??Bcc: x@y\"");
  CHECK(phrase_of("J\0e\x7f"sv).text == "J?e?");
}

TEST_CASE("a name with bytes above 127 becomes one encoded word") {
  const auto phrase = phrase_of("J\xc3\xb6rg M\xc3\xbcller");
  CHECK(phrase.text == "=?utf-8?B?SsO2cmcgTcO8bGxlcg==?=");
  CHECK(phrase.encoded);
}

TEST_CASE("a long name becomes several encoded words that never split a character") {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string name(shift, 'x');
    for (int i = 0; i < 60; ++i) name += "\xf0\x9f\x93\xa7\xe2\x82\xac\xc3\xbc";
    CHECK(decoded(phrase_of(name).text) == name);
  }
}

TEST_CASE("an ASCII name too long for a line is encoded, so that it can be folded") {
  const std::string name(2000, 'a');
  const auto phrase = phrase_of(name);
  CHECK(phrase.encoded);
  CHECK(decoded(phrase.text) == name);
}

TEST_CASE("what is not UTF-8 becomes question marks") {
  CHECK(phrase_of("J\xf6rg").text == "J?rg");
  for (const char* bytes :
       {"\xc0\xaf", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\xaf", "\xff", "\xf0\x80\x80\x80"}) {
    CHECK_FALSE(phrase_of(bytes).encoded);
    CHECK(phrase_of(bytes).text == std::string(std::string_view(bytes).size(), '?'));
  }
  CHECK(decoded(phrase_of("\xc3\xbc\xc3").text) == "\xc3\xbc?");
}
