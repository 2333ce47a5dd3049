// The addresses of --from rules: what may stand in them, and what a login name may make of them.
#include "parent/sender_pattern.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace msmtp;

TEST_CASE("the address of a rule may hold percent signs and the login name") {
  for (const char* pattern :
       {"a@b", "%U@b", "x-%U@%U.b", "a%%b@c", "%U", "\"a b\"@c", "j\xc3\xb6rg@b\xc3\xbc.example"}) {
    INFO(pattern);
    CHECK(check_sender_pattern(pattern));
  }
  CHECK(wants_login_name("a.%U@b"));
  CHECK_FALSE(wants_login_name("a%%U@b"));
  CHECK_FALSE(wants_login_name("U@b"));
}

TEST_CASE("the address of a rule is checked when msmtpd starts") {
  const std::string huge(1'000, 'a');
  for (const std::string pattern : {"", "a%b@c", "a@b%", "%u@b", "a\r\nb@c", "<a@b>", "\"a@b", huge.c_str()}) {
    INFO(pattern);
    const auto checked = check_sender_pattern(pattern);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ExitCode::usage);
  }
}

TEST_CASE("the login name comes where the rule has it") {
  CHECK(fill_sender_pattern("%U@b", "joe").value() == "joe@b");
  CHECK(fill_sender_pattern("%U.%U@%U", "j").value() == "j.j@j");
  CHECK(fill_sender_pattern("%%U%%%U@b", "j.x").value() == "%U%j.x@b");
  CHECK(fill_sender_pattern("%U@b", "%U").value() == "%U@b");
  CHECK(fill_sender_pattern("%U@b", "j\xc3\xb6rg").value() == "j\xc3\xb6rg@b");
}

TEST_CASE("a login name cannot make another address of the rule") {
  for (const std::string name :
       {"", "joe@evil", "joe smith", "joe\n", "<joe>", "jo\"e", "DOMAIN\\joe", "a,b", "a:b", "(a)"}) {
    INFO(name);
    const auto filled = fill_sender_pattern("%U@b", name);
    REQUIRE_FALSE(filled);
    CHECK(filled.error().code == ExitCode::no_user);
  }
  CHECK_FALSE(fill_sender_pattern("%U@b", std::string(900, 'a')));
}
