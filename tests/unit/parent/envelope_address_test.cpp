// Addresses of the envelope: what must not be sent, and what an address needs.
#include "parent/envelope_address.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace msmtp;
using namespace std::string_view_literals;

namespace {

std::string refusal(std::string_view address) {
  const auto result = check_address(address, "recipient address", ExitCode::usage);
  return result ? "" : result.error().text;
}

}  // namespace

TEST_CASE("addresses that cannot do harm pass, whether good or not") {
  for (const char* address : {"a@b", "", "joe", "\"a b\"@c", "\"a>b\"@c", "\"a\\\"b\"@c", "-f@x", "a b@c", "@a,@b:c@d",
                              "j\xc3\xb6rg@x", "a@[IPv6:::1]", "o'neil+x@y", "MAILER-DAEMON"}) {
    CHECK(refusal(address) == "");
  }
  CHECK(refusal(std::string(max_address_size, 'a')) == "");
}

TEST_CASE("addresses that could end a command or their brackets are refused") {
  CHECK(refusal("a@b\r\nDATA") == "recipient address 'a@b\r\nDATA' holds a line end");
  CHECK(refusal("a@b\n").ends_with("holds a line end"));
  CHECK(refusal("a\r@b").ends_with("holds a line end"));
  CHECK(refusal("a\0@b"sv).ends_with("holds a control character"));
  CHECK(refusal("a\x1b[2J@b").ends_with("holds a control character"));
  CHECK(refusal("a@b> SIZE=1").ends_with("holds an angle bracket"));
  CHECK(refusal("Joe <a@b>").ends_with("holds an angle bracket"));
  CHECK(refusal("\"a\"b>\"@c").ends_with("holds an angle bracket"));
  CHECK(refusal("\"a\\\">@c").ends_with("has a quote that is not closed"));
  CHECK(refusal("\"a").ends_with("has a quote that is not closed"));
}

TEST_CASE("an address longer than a header line is refused, and not repeated whole") {
  const auto text = refusal(std::string(4096, 'a'));
  CHECK(text.ends_with("is too long"));
  CHECK(text.size() < 200);
}

TEST_CASE("a refusal has the caller's exit code") {
  CHECK(check_address("a\n", "from", ExitCode::config).error().code == ExitCode::config);
}

TEST_CASE("MAILER-DAEMON in any case, and nothing, mean the null reverse-path") {
  CHECK(is_null_sender(""));
  CHECK(is_null_sender("MAILER-DAEMON"));
  CHECK(is_null_sender("mailer-daemon"));
  CHECK_FALSE(is_null_sender("mailer-daemon@x"));
}

TEST_CASE("the domain is what follows the last @ outside of quotes") {
  CHECK(domain_of("a@b") == "b");
  CHECK(domain_of("\"a@b\"@c") == "c");
  CHECK(local_part_of("\"a@b\"@c") == "\"a@b\"");
  CHECK(domain_of("joe").empty());
  CHECK(local_part_of("joe") == "joe");
  CHECK(domain_of("@a:b@c") == "c");
}

TEST_CASE("bytes above 127 are told apart by where they stand") {
  CHECK(has_non_ascii_local_part("j\xc3\xb6rg@x"));
  CHECK_FALSE(has_non_ascii_domain("j\xc3\xb6rg@x"));
  CHECK(has_non_ascii_domain("joe@\xc3\xbc.test"));
  CHECK_FALSE(has_non_ascii_local_part("joe@\xc3\xbc.test"));
}

TEST_CASE("only names without @ call for the aliases file") {
  CHECK_FALSE(has_local_name(std::vector<std::string>{"a@b", "c@d"}));
  CHECK(has_local_name(std::vector<std::string>{"a@b", "root"}));
  CHECK_FALSE(has_local_name({}));
}

TEST_CASE("an internationalized domain is sent as A-labels, and the local part as it is") {
  CHECK(path_of("joe@b\xc3\xbc\x63her.test") == "joe@xn--bcher-kva.test");
  CHECK(path_of("j\xc3\xb6rg@b\xc3\xbc\x63her.test") == "j\xc3\xb6rg@xn--bcher-kva.test");
  CHECK(path_of("j\xc3\xb6rg@x.test") == "j\xc3\xb6rg@x.test");
}

TEST_CASE("a domain that no server could be told of is refused") {
  for (const std::string address : {"joe@\xff.test", "joe@\u00e4 b.test", "joe@\u2764.test", "joe@\uff21.test"}) {
    const auto checked = check_address(address, "recipient address", ExitCode::usage);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ExitCode::usage);
    CHECK(checked.error().text.find("has no A-labels") != std::string::npos);
  }
  CHECK(check_address("j\xff@x.test", "recipient address", ExitCode::usage));
  CHECK(check_address("joe@B\u00dcCHER.test", "recipient address", ExitCode::usage));
}
