// The reader that cannot run past the end.
#include "common/cursor.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("a cursor gives its bytes one after the other and then nothing") {
  Cursor cursor("ab");
  CHECK(cursor.peek() == 'a');
  CHECK(cursor.take() == 'a');
  CHECK(cursor.take() == 'b');
  CHECK(cursor.at_end());
  CHECK_FALSE(cursor.peek());
  CHECK_FALSE(cursor.take());
  CHECK_FALSE(cursor.take());
}

TEST_CASE("a byte is skipped only when it is the next one") {
  Cursor cursor("ab");
  CHECK_FALSE(cursor.skip('b'));
  CHECK(cursor.skip('a'));
  CHECK(cursor.rest() == "b");
  CHECK(cursor.next_is('b'));
  CHECK(cursor.skip('b'));
  CHECK_FALSE(cursor.skip('b'));
  CHECK_FALSE(cursor.next_is('b'));
}

TEST_CASE("a text is skipped as a whole or not at all") {
  Cursor cursor("STARTTLS");
  CHECK_FALSE(cursor.skip("STOP"));
  CHECK(cursor.rest() == "STARTTLS");
  CHECK(cursor.skip("START"));
  CHECK_FALSE(cursor.skip("TLSA"));
  CHECK(cursor.rest() == "TLS");
}

TEST_CASE("a count of bytes is taken exactly or not at all") {
  Cursor cursor("abc");
  CHECK_FALSE(cursor.take(4));
  CHECK(cursor.rest() == "abc");
  CHECK(cursor.take(0) == "");
  CHECK(cursor.take(3) == "abc");
  CHECK(cursor.at_end());
}

TEST_CASE("taking while a condition holds stops at the end") {
  Cursor cursor("aab");
  CHECK(cursor.take_while([](char c) { return c == 'a'; }) == "aa");
  CHECK(cursor.take_while([](char) { return true; }) == "b");
  CHECK(cursor.take_while([](char) { return true; }).empty());
}

TEST_CASE("taking until a byte leaves that byte") {
  Cursor cursor("key=value");
  CHECK(cursor.take_until('=') == "key");
  CHECK(cursor.next_is('='));
  CHECK(cursor.take_until(';') == "=value");
  CHECK(cursor.at_end());
}

TEST_CASE("blanks are spaces and tabs") {
  Cursor cursor(" \t \n");
  cursor.skip_blanks();
  CHECK(cursor.rest() == "\n");
}
