// Address lists: what becomes a recipient, and what never may.
#include "parent/address_list.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace msmtp;
using namespace std::string_view_literals;

namespace {

using Addresses = std::vector<std::string>;

Addresses parse(std::string_view list) {
  return parse_address_list(list);
}

}  // namespace

TEST_CASE("commas and semicolons separate addresses, and empty items do not count") {
  CHECK(parse("a@b") == Addresses{"a@b"});
  CHECK(parse("a@b,c@d;e@f") == Addresses{"a@b", "c@d", "e@f"});
  CHECK(parse(" , a@b ,, ;c@d;, ") == Addresses{"a@b", "c@d"});
  CHECK(parse("").empty());
  CHECK(parse(" \t\r\n ").empty());
  CHECK(parse("a@b, a@b") == Addresses{"a@b", "a@b"});
}

TEST_CASE("only what stands in angle brackets is the address") {
  CHECK(parse("Mary Smith <mary@x.test>") == Addresses{"mary@x.test"});
  CHECK(parse("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>") ==
        Addresses{"boss@nil.test", "sysservices@example.net"});
  CHECK(parse("x<a@b>y") == Addresses{"a@b", "y"});
  CHECK(parse("a@b <>, <>, < >, c@d") == Addresses{"c@d"});
  CHECK(parse("< a@b >") == Addresses{"a@b"});
  CHECK(parse("Joe <a@b") == Addresses{"a@b"});
}

TEST_CASE("routes pass as they are") {
  CHECK(parse("Mary <@a.test,@b.test:c@d.test>") == Addresses{"@a.test,@b.test:c@d.test"});
}

TEST_CASE("quoted names may hold every delimiter") {
  CHECK(parse("\"Joe Q. Public\" <john.q.public@example.com>") == Addresses{"john.q.public@example.com"});
  CHECK(parse("\"Smith, John; x: <y@z> (\" <a@b>, c@d") == Addresses{"a@b", "c@d"});
  CHECK(parse("\"Joe\"") == Addresses{});
  CHECK(parse("a@b \"Joe\"") == Addresses{});
  CHECK(parse("\"Joe\" a@b") == Addresses{"a@b"});
  CHECK(parse("\"Joe\"a@b") == Addresses{"a@b"});
}

TEST_CASE("a quoted local part is part of the address with and without angle brackets") {
  CHECK(parse("\"a.b\"@c") == Addresses{"\"a.b\"@c"});
  CHECK(parse("<\"a.b\"@c>") == Addresses{"\"a.b\"@c"});
  CHECK(parse("x@y, \"a,b;c:d<e>\"@f, z@y") == Addresses{"x@y", "\"a,b;c:d<e>\"@f", "z@y"});
  CHECK(parse("<\"a>b\"@c>, d@e") == Addresses{"\"a>b\"@c", "d@e"});
  CHECK(parse("\"a\".\"b\"@c") == Addresses{"\"a\".\"b\"@c"});
  CHECK(parse("\"a\"(comment)@c") == Addresses{"\"a\"@c"});
  CHECK(parse("Joe \"a\"@c") == Addresses{"\"a\"@c"});
}

TEST_CASE("inside quotes of an address a backslash stays where it is needed and nowhere else") {
  CHECK(parse("\"a\\\"b\"@c") == Addresses{"\"a\\\"b\"@c"});
  CHECK(parse("<\"a\\\\b\"@c>") == Addresses{"\"a\\\\b\"@c"});
  CHECK(parse("\"a\\b\"@c") == Addresses{"\"ab\"@c"});
}

TEST_CASE("white space and control bytes inside an address become underscores") {
  CHECK(parse("\"a b\"@c") == Addresses{"\"a_b\"@c"});
  CHECK(parse("<\"a b\"@c>") == Addresses{"\"a_b\"@c"});
  CHECK(parse("<a  b@c>") == Addresses{"a__b@c"});
  CHECK(parse("a\0\x01\x1b\x7f@b"sv) == Addresses{"a____@b"});
  CHECK(parse("a\\ b@c") == Addresses{"a_b@c"});
  CHECK(parse("a\\\nb@c") == Addresses{"a_b@c"});
}

TEST_CASE("bytes above 127 pass") {
  CHECK(parse("j\xc3\xb6rg@b\xc3\xbc\x63her.test") == Addresses{"j\xc3\xb6rg@b\xc3\xbc\x63her.test"});
}

TEST_CASE("comments nest and vanish, in the middle of an address too") {
  CHECK(parse("a.b(c)d@e") == Addresses{"a.bd@e"});
  CHECK(parse("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>") == Addresses{"pete@silly.test"});
  CHECK(parse("(a(b(c)d)e)x@y") == Addresses{"x@y"});
  CHECK(parse("a@b (unclosed, c@d") == Addresses{"a@b"});
  CHECK(parse("a@b, (\\(\\)) c@d") == Addresses{"a@b", "c@d"});
}

TEST_CASE("a colon ends the name of a group") {
  CHECK(parse("A Group:Ed Jones <joe@where.test>,joe@x.test,John <jdoe@one.test>;") ==
        Addresses{"joe@where.test", "joe@x.test", "jdoe@one.test"});
  CHECK(parse("Undisclosed recipients:;").empty());
  CHECK(parse("(Empty list)(start)Undisclosed recipients  :(nobody(that I know))  ;").empty());
}

TEST_CASE("a colon inside an address literal does not end a group's name") {
  CHECK(parse("a@[IPv6:::1]") == Addresses{"a@[IPv6:::1]"});
  CHECK(parse("Group: a@[IPv6:2001:db8::1], b@[192.0.2.1]:c@d") == Addresses{"a@[IPv6:2001:db8::1]", "c@d"});
  CHECK(parse("<a@[IPv6:::1]>") == Addresses{"a@[IPv6:::1]"});
  CHECK(parse("[x]:a@b") == Addresses{"a@b"});
  CHECK(parse("a@[open, b:c@d") == Addresses{"a@[open", "c@d"});
  CHECK(parse("a@[open b: c@d") == Addresses{"c@d"});
}

TEST_CASE("of several bare words only the last is an address") {
  CHECK(parse("a@b c@d") == Addresses{"c@d"});
  CHECK(parse("a b") == Addresses{"b"});
  CHECK(parse("a\\b c\\@d") == Addresses{"c@d"});
}

TEST_CASE("folds are honoured everywhere") {
  CHECK(parse(" a@b,\n\tc@d\n ,e@f\n") == Addresses{"a@b", "c@d", "e@f"});
  CHECK(parse("Joe <a@\n   b>\n") == Addresses{"a@b"});
  CHECK(parse("\"Joe\n Public\" <a@b>\n") == Addresses{"a@b"});
  CHECK(parse("<\"a\n b\"@c>\n") == Addresses{"\"a_b\"@c"});
  CHECK(parse("(a\n b) a@b (c\n d\n )\n") == Addresses{"a@b"});
}

TEST_CASE("unclosed quotes swallow the rest and give no address") {
  CHECK(parse("a@b, c@d \"oops, e@f") == Addresses{"a@b"});
  CHECK(parse("a@b, <\"oops, e@f>") == Addresses{"a@b", "\"oops,_e@f>"});
  CHECK(parse("a@b\\") == Addresses{"a@b"});
}

TEST_CASE("in a word of the command line a space inside a quoted local part stays, and no other blank") {
  const auto word = [](std::string_view text) { return recipients_of_word(text).value(); };
  CHECK(word("\"john smith\"@c") == Addresses{"\"john smith\"@c"});
  CHECK(word("J <\"a  b\"@c>, \" \"@d") == Addresses{"\"a  b\"@c", "\" \"@d"});
  CHECK(word("\"a\\ b\"@c") == Addresses{"\"a b\"@c"});
  CHECK(word("\"a b\".\"c d\"@e") == Addresses{"\"a b\".\"c d\"@e"});
  CHECK(word("\"a, b; <c> (d): \\\" \\\\\"@e") == Addresses{"\"a, b; <c> (d): \\\" \\\\\"@e"});
  CHECK(word("\"John Smith\" <a@b>") == Addresses{"a@b"});
  CHECK(word("\"John Smith\" a@b") == Addresses{"a@b"});
  CHECK(word("\"a\tb\"@c") == Addresses{"\"a_b\"@c"});
  CHECK(word("\"a\\\tb\"@c") == Addresses{"\"a_b\"@c"});
  CHECK(word("<a b@c>") == Addresses{"a_b@c"});
  CHECK(word("a\\ b@c") == Addresses{"a_b@c"});
}

TEST_CASE("a word of the command line is a list, and must not hold a line end") {
  CHECK(recipients_of_word("Joe <a@b>, c@d").value() == Addresses{"a@b", "c@d"});
  CHECK(recipients_of_word("-leading@dash").value() == Addresses{"-leading@dash"});
  for (const char* word : {"a@b\n", "a@b\r\nDATA", "a@b\n c@d", "\ra@b"}) {
    INFO(word);
    const auto result = recipients_of_word(word);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ExitCode::usage);
  }
}
