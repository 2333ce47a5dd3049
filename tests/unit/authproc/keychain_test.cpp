// What is asked of security(1), and what its answers mean.
#include "authproc/keychain.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

std::string found(std::string_view said) {
  const auto password = keychain_password(said);
  return password ? "found " + std::string(password->reveal()) : "none";
}

}  // namespace

TEST_CASE("keychain: the command is asked for the internet password of SMTP, each word by itself") {
  CHECK(keychain_arguments("mail.example", "joe -w") ==
        std::vector<std::string>{"find-internet-password", "-g", "-s", "mail.example", "-a", "joe -w", "-r", "smtp"});
}

TEST_CASE("keychain: a printable password stands between quotes, which it may hold itself") {
  CHECK(found("password: \"s3cret pass \"\n") == "found s3cret pass ");
  CHECK(found("password: \"s3cret\"") == "found s3cret");
  CHECK(found("password: \"a\"b\"\n") == "found a\"b");
  CHECK(found("password: \"\"\"\n") == "found \"");
  CHECK(found("password: \"0x4142\"\n") == "found 0x4142");
}

TEST_CASE("keychain: any other is in hexadecimal, with a rendering behind it that does not count") {
  CHECK(found("password: 0x68C3A96C6C6F  \"h\\303\\251llo\"\n") == "found h\xc3\xa9llo");
  CHECK(found("password: 0xC3A9\n") == "found \xc3\xa9");
  CHECK(found("password: 0x615c62  \"a\\134b\"\n") == "found a\\b");
  CHECK(found("password: 0x610A62\n") == "found a\nb");
  CHECK(keychain_password("password: 0x0041\n")->reveal() == std::string_view("\0A", 2));
}

TEST_CASE("keychain: an empty password is one") {
  CHECK(found("password: \n") == "found ");
  CHECK(found("password:\n") == "found ");
  CHECK(found("password: \"\"\n") == "found ");
}

TEST_CASE("keychain: other lines before and behind it are not looked at") {
  CHECK(found("objc: a warning\npassword: \"x\"\nmore\n") == "found x");
  CHECK(found("my password: \"x\"\npassword: \"y\"\npassword: \"z\"\n") == "found y");
}

TEST_CASE("keychain: what cannot be read is no password") {
  for (const char* said : {"", "\n", "security: The specified item could not be found in the keychain.\n",
                           "password: \"x\n", "password: \"\n", "password: x\n", "password: 0x\n", "password: 0x4\n",
                           "password: 0x4G\n", "password: 0X41\n", "password:  \"x\"\n", "password: \"a\\\"\n",
                           "password: \"a\x01\"\n", "password: \"h\xc3\xa9\"\n", "passwords: \"x\"\n"}) {
    CAPTURE(said);
    CHECK(found(said) == "none");
  }
}

TEST_CASE("keychain: of its statuses three mean that the user has the password, and we do not") {
  CHECK(keychain_answer(0) == KeyringAnswer::found);
  for (const int status : {36, 51, 128}) CHECK(keychain_answer(status) == KeyringAnswer::locked);
  for (const int status : {1, 2, 44, 45, 127, 255}) CHECK(keychain_answer(status) == KeyringAnswer::nothing);
}
