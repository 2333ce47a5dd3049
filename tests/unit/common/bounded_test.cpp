// Values whose bound is part of their type.
#include "common/bounded.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace msmtp;

TEST_CASE("a Text holds up to its bound and no more") {
  CHECK(Text<3>::from("abc")->view() == "abc");
  CHECK_FALSE(Text<3>::from("abcd"));
  CHECK(Text<3>::from("")->empty());
  CHECK_FALSE(Text<0>::from("a"));
}

TEST_CASE("a Text holds no NUL, but line breaks") {
  CHECK_FALSE(Text<9>::from(std::string_view("a\0b", 3)));
  CHECK(Text<9>::from("a\r\nb")->view() == "a\r\nb");
}

TEST_CASE("a cut Text keeps what fits and shows NUL as a question mark") {
  CHECK(Text<3>::cut("abcdef").view() == "abc");
  CHECK(Text<9>::cut(std::string_view("a\0b", 3)).view() == "a?b");
  CHECK(Text<9>::cut("").empty());
}

TEST_CASE("a Line holds up to its bound and no more") {
  CHECK(Line<3>::from("abc")->str() == "abc");
  CHECK_FALSE(Line<3>::from("abcd"));
}

TEST_CASE("a Line holds neither CR nor LF nor NUL, wherever they stand") {
  for (const char byte : {'\r', '\n', '\0'}) {
    const std::string bad(1, byte);
    for (const auto& text : {bad, "a" + bad, bad + "a", "a" + bad + "b"}) CHECK_FALSE(Line<9>::from(text));
  }
  CHECK(Line<9>::from("a\tb\x7f\x01")->view() == "a\tb\x7f\x01");
}

TEST_CASE("bytes that are viewed may be any, up to the bound") {
  const std::string bytes("\0\r\n\xff", 4);
  CHECK(BytesView<4>::from(bytes)->view() == bytes);
  CHECK_FALSE(BytesView<3>::from(bytes));
  CHECK(BytesView<4>().empty());
}

TEST_CASE("a full List takes nothing more") {
  List<int, 2> list;
  CHECK(list.empty());
  CHECK(list.add(1));
  CHECK(list.add(2));
  CHECK_FALSE(list.add(3));
  CHECK(list.size() == 2);
  CHECK(list.items()[0] == 1);
  CHECK(list.items()[1] == 2);
}

TEST_CASE("bounded values compare by what they hold") {
  CHECK(*Text<9>::from("a") == *Text<9>::from("a"));
  CHECK_FALSE(*Text<9>::from("a") == *Text<9>::from("b"));
  CHECK_FALSE(*Line<9>::from("a") == *Line<9>::from("b"));
  List<int, 2> one;
  List<int, 2> other;
  CHECK(one == other);
  CHECK(one.add(1));
  CHECK_FALSE(one == other);
}
