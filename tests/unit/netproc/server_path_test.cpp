// Paths: what an SMTP client may call an address, and what it may not.
#include <catch2/catch.hpp>

#include "netproc/server_path.hpp"

#include <string_view>

namespace msmtp {
namespace {

std::optional<std::string> whole_path(std::string_view text) {
  Cursor cursor(text);
  auto path = take_path(cursor);
  return path && cursor.at_end() ? path : std::nullopt;
}

TEST_CASE("a path loses its brackets and nothing else") {
  for (const std::string_view address :
       {"joe@example.test", "a.b+c=d_e@sub.example.test", "o'neil@example.test", "!#$%&'*+-/=?^_`{|}~@x", "-f@x.test",
        "joe", "postmaster", "a..b@example.test", ".a.@example.test", "joe@[192.0.2.1]", "joe@[IPv6:2001:db8::1]",
        "\"a b\"@example.test", "\"a\\\"b\"@example.test", "\"<>,;:@\"@example.test", "\"\"@example.test",
        "j\xc3\xb6@example.test",
        "joe@b\xc3\xbc"
        "cher.test",
        "\"j\xc3\xb6 \"@x", "joe@under_score.test"}) {
    INFO(address);
    CHECK(whole_path("<" + std::string(address) + ">") == std::string(address));
  }
}

TEST_CASE("the null path is empty") {
  CHECK(whole_path("<>") == "");
}

TEST_CASE("a source route is left out") {
  CHECK(whole_path("<@a.test:joe@b.test>") == "joe@b.test");
  CHECK(whole_path("<@a.test,@[192.0.2.1]:joe@b.test>") == "joe@b.test");
  CHECK_FALSE(whole_path("<@a.test>"));
  CHECK_FALSE(whole_path("<@:joe@b.test>"));
  CHECK_FALSE(whole_path("<@a.test,joe@b.test>"));
}

TEST_CASE("what is no path, or could be understood in two ways, is refused") {
  for (const std::string_view text :
       {"",          "joe@x",      "<joe@x",     "joe@x>",     "<joe@>",        "<@x>",           "< joe@x>",
        "<joe@x >",  "<joe x@y>",  "<a@b@c>",    "<a,b@c>",    "<a@b,c@d>",     "<<a@b>>",        "<a>b@c>",
        "<\"a@b>",   "<\"a\"b@c>", "<a\"b\"@c>", "<joe@.x>",   "<joe@[]>",      "<joe@[1.2.3.4>", "<joe@[<>]>",
        "<(joe)@x>", "<joe\t@x>",  "<joe\r@x>",  "<joe\n@x>",  "<\"a\x01\"@x>", "<\"a\\\r\"@x>",  "<joe\x7f@x>",
        "<j\xc3@x>", "<j\xff@x>",  "<joe;id@x>", "<joe@x;id>", "<\"a\\"}) {
    INFO(text);
    CHECK_FALSE(whole_path(text));
  }
  CHECK_FALSE(whole_path(std::string_view("<jo\0e@x>", 8)));
}

TEST_CASE("a path has a largest size") {
  const std::string domain(max_path_size - 2, 'x');
  CHECK(whole_path("<j@" + domain + ">"));
  CHECK_FALSE(whole_path("<j@" + domain + "x>"));
}

}  // namespace
}  // namespace msmtp
