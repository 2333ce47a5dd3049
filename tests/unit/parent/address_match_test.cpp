// Which envelope senders belong to an account.
#include "parent/address_match.hpp"

#include <catch2/catch.hpp>
#include <fnmatch.h>
#include <string>

using namespace msmtp;

TEST_CASE("without a pattern addresses are compared whole and without regard to case") {
  CHECK(address_belongs("Joe@Example.ORG", "joe@example.org"));
  CHECK_FALSE(address_belongs("joe@example.org", "joe@example"));
  CHECK_FALSE(address_belongs("joe@example.org", "%U@example.org"));
  CHECK(address_belongs("%U@example.org", "%U@example.org"));
  CHECK_FALSE(address_belongs("<a@b>", "a@b"));
  CHECK(address_belongs("", ""));
}

TEST_CASE("with a pattern case counts and stars match everything") {
  CHECK(address_belongs("joe@example.org", "*@example.org"));
  CHECK(address_belongs("joe/x@example.org", "*@example.org"));
  CHECK(address_belongs(".joe@example.org", "*@example.org"));
  CHECK_FALSE(address_belongs("joe@EXAMPLE.org", "*@example.org"));
  CHECK(address_belongs("joe@example.org", "jo?@*"));
  CHECK(address_belongs("joe@example.org", "[j-k]oe@*"));
  CHECK_FALSE(address_belongs("joe@example.org", "[!j]oe@*"));
}

TEST_CASE("a subaddress also matches without its detail") {
  CHECK(address_belongs("joe+list@example.org", "joe@example.org"));
  CHECK(address_belongs("joe+a+b@example.org", "joe@example.org"));
  CHECK(address_belongs("joe+list@example.org", "j*e@example.org"));
  CHECK_FALSE(address_belongs("joe+a@example.org", "joe+b@example.org"));
  CHECK(address_belongs("joe+a@example.org", "joe+a@example.org"));
  CHECK_FALSE(address_belongs("joe@example.org", "joe+a@example.org"));
}

TEST_CASE("a plus behind the at sign is no subaddress") {
  CHECK_FALSE(address_belongs("a@b+" + std::string(10000, 'c'), "a@b"));
  CHECK_FALSE(address_belongs("a+b", "a"));
  CHECK_FALSE(address_belongs("@+", "@"));
  CHECK(address_belongs("+@", "@"));
}

TEST_CASE("bracket expressions know ranges, classes, negation and literal members") {
  CHECK(matches_pattern("b", "[a-c]"));
  CHECK_FALSE(matches_pattern("d", "[a-c]"));
  CHECK(matches_pattern("d", "[^a-c]"));
  CHECK(matches_pattern("]", "[]]"));
  CHECK(matches_pattern("-", "[a-]"));
  CHECK(matches_pattern("7", "[[:digit:]x]"));
  CHECK_FALSE(matches_pattern("y", "[[:digit:]x]"));
  CHECK(matches_pattern("*", "[*]"));
  CHECK(matches_pattern("[a", "[a"));
  CHECK(matches_pattern("*", "\\*"));
  CHECK_FALSE(matches_pattern("x", "\\*"));
}

TEST_CASE("the matcher agrees with fnmatch on all short patterns") {
  const std::string letters = "ab*?[]!";
  const std::string texts[] = {"", "a", "b", "ab", "ba", "aab", "bab", "!", "]", "[a", "a]"};
  std::size_t count = 1;
  for (int i = 0; i < 5; ++i) count *= letters.size() + 1;
  for (std::size_t code = 0; code < count; ++code) {
    std::string pattern;
    for (auto rest = code; rest != 0; rest /= letters.size() + 1) {
      const auto digit = rest % (letters.size() + 1);
      if (digit != 0) pattern += letters[digit - 1];
    }
    for (const auto& text : texts) {
      const bool expected = fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
      if (matches_pattern(text, pattern) != expected) {
        INFO("pattern " << pattern << ", text " << text << ", expected " << expected);
        CHECK(false);
      }
    }
  }
  SUCCEED();
}

TEST_CASE("many stars do not take long") {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  CHECK_FALSE(matches_pattern(std::string(3000, 'b'), pattern));
  CHECK(matches_pattern(std::string(3000, 'a'), pattern));
}
