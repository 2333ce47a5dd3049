// Aliases: grammar, expansion, loops.
#include "parent/aliases.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

using Addresses = std::vector<std::string>;

std::string parse_error(std::string_view text) {
  const auto result = Aliases::parse(text);
  if (result) return "";
  CHECK(result.error().code == ExitCode::config);
  return result.error().text;
}

Addresses expand(std::string_view file, const Addresses& recipients) {
  return Aliases::parse(file).value().expand(recipients).value();
}

std::string expand_error(std::string_view file, const Addresses& recipients) {
  const auto result = Aliases::parse(file).value().expand(recipients);
  if (result) return "";
  CHECK(result.error().code == ExitCode::config);
  return result.error().text;
}

// a1 leads to a2, and so on to a<count>, which leads to an address.
std::string chain(std::size_t count) {
  std::string file;
  for (std::size_t i = 1; i < count; ++i) file += "a" + std::to_string(i) + ": a" + std::to_string(i + 1) + "\n";
  return file + "a" + std::to_string(count) + ": end@x\n";
}

}  // namespace

TEST_CASE("an alias stands for its addresses in their order") {
  CHECK(expand("root: a@b, c@d , e@f\n", {"root"}) == Addresses{"a@b", "c@d", "e@f"});
  CHECK(expand("root: a@b\r\n\r\n  # comment\r\nweb : c@d # more\r\n", {"x@y", "web", "root"}) ==
        Addresses{"x@y", "c@d", "a@b"});
  CHECK(expand("last: a@b", {"last"}) == Addresses{"a@b"});
  CHECK(expand("\xef\xbb\xbfmarked: a@b\n", {"marked"}) == Addresses{"a@b"});
}

TEST_CASE("local names next to each other are all expanded") {
  CHECK(expand("a: b, c, d@x\nb: e@x, f@x\nc: g@x\n", {"a", "b", "c"}) ==
        Addresses{"e@x", "f@x", "g@x", "d@x", "e@x", "f@x", "g@x"});
}

TEST_CASE("an alias may have more than 32 addresses") {
  std::string file = "all: ";
  Addresses expected;
  for (int i = 0; i < 100; ++i) expected.push_back("user" + std::to_string(i) + "@x");
  for (const auto& address : expected) file += address + ",";
  CHECK(expand(file, {"all"}) == expected);
}

TEST_CASE("empty items do not become recipients") {
  CHECK(expand("root: a@b, ,c@d,\n", {"root"}) == Addresses{"a@b", "c@d"});
}

TEST_CASE("the default alias catches unknown local names, in the file too") {
  CHECK(expand("default: me@x\nroot: nobody, a@b\n", {"who", "root", "d@e"}) ==
        Addresses{"me@x", "me@x", "a@b", "d@e"});
  CHECK(expand("root: nobody\n", {"who", "root"}) == Addresses{"who", "nobody"});
}

TEST_CASE("names are compared case by case, and addresses are raw") {
  CHECK(expand("root: a@b\n", {"Root"}) == Addresses{"Root"});
  CHECK(expand("prog: |/bin/cat -x\n", {"prog"}) == Addresses{"|/bin/cat -x"});
}

TEST_CASE("17 aliases in a row are enough, and 18 are too many") {
  CHECK(expand(chain(17), {"a1"}) == Addresses{"end@x"});
  CHECK(expand_error(chain(18), {"a1"}) == "line 18: too many redirects for 'a18'");
  CHECK(expand(chain(18), {"a2"}) == Addresses{"end@x"});
}

TEST_CASE("circles end in an error") {
  CHECK(expand_error("a: b\nb: a\n", {"a"}).find("too many redirects") != std::string::npos);
  CHECK(expand_error("root: root, a@b\n", {"root"}).find("too many redirects") != std::string::npos);
  CHECK(expand_error("default: nobody\n", {"x"}).find("too many redirects") != std::string::npos);
}

TEST_CASE("aliases that multiply end in an error, and soon") {
  std::string file;
  for (int i = 0; i < 16; ++i) {
    file += "a" + std::to_string(i) + ":";
    for (int j = 0; j < 16; ++j) file += " a" + std::to_string(i + 1) + ",";
    file += "\n";
  }
  file += "a16: x@y\n";
  CHECK(expand_error(file, {"a0"}) == "the aliases lead to more than 100000 recipients");
}

TEST_CASE("recipients that are no aliases are not counted against that limit") {
  const Addresses many(max_alias_results + 1, "a@b");
  CHECK(expand("root: c@d\n", many) == many);
}

TEST_CASE("an address that must not be sent is an error where it is used, and only there") {
  const std::string file = "ok: a@b\nbad: Joe <c@d>\n";
  CHECK(expand(file, {"ok"}) == Addresses{"a@b"});
  CHECK(expand_error(file, {"bad"}) == "line 2: address 'Joe <c@d>' holds an angle bracket");
  CHECK(expand_error("bad: a\rb@c\n", {"bad"}) == "line 1: address 'a\rb@c' holds a line end");
}

TEST_CASE("what is no alias line is an error that names the line") {
  CHECK(parse_error("a: b@c\nno colon\n") == "line 2: expected one colon, between an alias and its addresses");
  CHECK(parse_error("a: :include:/x\n") == "line 1: expected one colon, between an alias and its addresses");
  CHECK(parse_error("\n: b@c\n") == "line 2: no alias before the colon");
  CHECK(parse_error("a@x: b@c\n") == "line 1: alias 'a@x' holds an @");
  CHECK(parse_error("a: b@c\nA: x@y\na: d@e\n") == "line 3: alias 'a' is already defined in line 1");
  CHECK(parse_error("a: , # nobody\n") == "line 1: alias 'a' has no addresses");
  CHECK(parse_error("# a: b: c\n   \n") == "");
}

TEST_CASE("lines of 64 KiB are read, longer ones are an error") {
  const std::string longest = "a: " + std::string(max_alias_line - 3 - 2, 'x') + "@y";
  REQUIRE(longest.size() == max_alias_line);
  CHECK(parse_error(longest + "\n") == "");
  CHECK(parse_error("b: c@d\n" + longest + "y\n") == "line 2: longer than 65536 bytes");
}
