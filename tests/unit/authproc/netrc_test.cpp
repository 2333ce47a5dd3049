// The netrc grammar.
#include "authproc/netrc.hpp"

#include <catch2/catch.hpp>
#include <string>

using msmtp::netrc_password;

namespace {

// The password as text, or "(none)".
std::string found(std::string_view netrc, std::string_view machine = "mail.example", std::string_view login = "joe") {
  const auto password = netrc_password(netrc, machine, login);
  return password ? std::string(password->reveal()) : "(none)";
}

}  // namespace

TEST_CASE("netrc: an entry is found by machine and login in any layout") {
  CHECK(found("machine mail.example login joe password s3cret\n") == "s3cret");
  CHECK(found("machine\n mail.example\n\tlogin\r\njoe password\n\n s3cret") == "s3cret");
  CHECK(found("machine mail.example user joe passwd s3cret") == "s3cret");
  CHECK(found("machine mail.example password s3cret login joe") == "s3cret");
  CHECK(found("\xef\xbb\xbfmachine mail.example login joe password s3cret\r\n") == "s3cret");
}

TEST_CASE("netrc: machine and login are compared exactly") {
  const std::string file = "machine mail.example login joe password s3cret";
  CHECK(found(file, "MAIL.example") == "(none)");
  CHECK(found(file, "mail.exampl") == "(none)");
  CHECK(found(file, "mail.example.org") == "(none)");
  CHECK(found(file, "mail.example", "Joe") == "(none)");
  CHECK(found(file, "mail.example", "jo") == "(none)");
  CHECK(found(file, "mail.example", "") == "(none)");
}

TEST_CASE("netrc: the first entry that matches wins") {
  CHECK(found("machine mail.example login ann password 1 machine mail.example login joe password 2\n"
              "machine mail.example login joe password 3") == "2");
}

TEST_CASE("netrc: a default entry matches every machine, after all others") {
  CHECK(found("default login joe password fallback") == "fallback");
  CHECK(found("default login joe password fallback\nmachine mail.example login joe password exact") == "exact");
  CHECK(found("default login joe password 1 default login joe password 2") == "1");
  CHECK(found("default login ann password 1") == "(none)");
  CHECK(found("default password 1") == "(none)");
}

TEST_CASE("netrc: an entry without login or without password is no entry") {
  CHECK(found("machine mail.example password s3cret") == "(none)");
  CHECK(found("machine mail.example login joe") == "(none)");
  CHECK(found("machine mail.example login joe password") == "(none)");
  CHECK(found("machine mail.example login joe\nmachine mail.example login joe password later") == "later");
  CHECK(found("machine mail.example login joe password #nothing\n") == "(none)");
  CHECK(found("login joe password s3cret") == "(none)");
  CHECK(found("machine") == "(none)");
  CHECK(found("") == "(none)");
}

TEST_CASE("netrc: an empty password in quotes is a password") {
  CHECK(found("machine mail.example login joe password ''") == "");
  CHECK(found("machine mail.example login joe password \"\"\n") == "");
}

TEST_CASE("netrc: quotes may surround any part of a word, and know no escapes") {
  CHECK(found("machine mail.example login joe password 'two words'") == "two words");
  CHECK(found("machine mail.example login joe password \"#1\"") == "#1");
  CHECK(found("machine mail.example login joe password a'b c'd\"e f\"") == "ab cde f");
  CHECK(found("machine mail.example login joe password 'say \"hi\"'") == "say \"hi\"");
  CHECK(found("machine mail.example login joe password \"a\\\"") == "a\\");
  CHECK(found("machine 'mail'.example login \"j\"oe password x") == "x");
}

TEST_CASE("netrc: an open quote ends with its line") {
  CHECK(found("machine mail.example login joe password 'open\nmachine other login x password y") == "open");
  CHECK(found("machine mail.example login joe password '") == "");
}

TEST_CASE("netrc: a comment runs from the start of a word to the end of the line") {
  CHECK(found("# machine mail.example login joe password no\nmachine mail.example # here\nlogin joe password yes") ==
        "yes");
  CHECK(found("machine mail.example login joe password a#b") == "a#b");
}

TEST_CASE("netrc: unknown words and accounts are skipped") {
  CHECK(found("machine mail.example port 25 login joe account password password s3cret") == "s3cret");
  CHECK(found("machine mail.example account x login joe password s3cret") == "s3cret");
}

TEST_CASE("netrc: a keyword is a value where a value stands") {
  CHECK(found("machine mail.example login joe password machine") == "machine");
  CHECK(found("machine mail.example login password password login", "mail.example", "password") == "login");
}

TEST_CASE("netrc: a macro runs to the next empty line") {
  CHECK(
      found("macdef init\nmachine mail.example login joe password no\n\nmachine mail.example login joe password yes") ==
      "yes");
  CHECK(found("machine mail.example macdef x\nlogin joe password no\r\n\r\nlogin joe password yes") == "yes");
  CHECK(found("macdef init\nmachine mail.example login joe password no\n") == "(none)");
}

TEST_CASE("netrc: long lines and bytes of all kinds are taken as they are") {
  const std::string password(5000, 'p');
  CHECK(found("machine mail.example login joe password " + password) == password);
  CHECK(found(std::string(2000, 'x') + " machine mail.example login joe password y") == "y");
  CHECK(found("machine mail.example login j\xc3\xb6\xff password p\xc3\xa4\xfe", "mail.example", "j\xc3\xb6\xff") ==
        "p\xc3\xa4\xfe");
}
