// What is asked of a SCRAM server's messages before any work is done for them.
#include "authproc/scram.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace msmtp;

namespace {

std::string complaint(std::string_view message) {
  const auto checked = parse_scram_server_first(message, "abc");
  return checked ? "" : checked.error().text;
}

bool complains(std::string_view message, std::string_view about) {
  return complaint(message).find(about) != std::string::npos;
}

}  // namespace

TEST_CASE("scram: a user name is written so that it ends no attribute") {
  CHECK(saslname("joe@example.org") == "joe@example.org");
  CHECK(saslname("a=b,c") == "a=3Db=2Cc");
  CHECK(saslname("") == "");
}

TEST_CASE("scram: nonce, salt and rounds are what the message says") {
  const auto said = parse_scram_server_first("r=abcd,s=AAEC,i=4096,x=y", "abc");
  REQUIRE(said);
  CHECK(said->nonce == "abcd");
  CHECK(said->salt == std::string("\0\1\2", 3));
  CHECK(said->rounds == 4096);
}

TEST_CASE("scram: a proper message is accepted, with extensions too") {
  CHECK(complaint("r=abcd,s=QSXCR+Q6sek8bf92,i=4096") == "");
  CHECK(complaint("r=abcd,s=QSXCR+Q6sek8bf92,i=4096,x=y") == "");
  CHECK(complaint("r=abcd,s=QQ==,i=1000") == "");
  CHECK(complaint("r=abcd,s=QQ==,i=10000000") == "");
}

TEST_CASE("scram: a nonce that does not extend ours is refused") {
  CHECK(complains("r=abc,s=QQ==,i=4096", "nonce"));
  CHECK(complains("r=ab,s=QQ==,i=4096", "nonce"));
  CHECK(complains("r=xabcd,s=QQ==,i=4096", "nonce"));
  CHECK(complains("r=,s=QQ==,i=4096", "nonce"));
  CHECK(complains("m=ext,r=abcd,s=QQ==,i=4096", "nonce"));
}

TEST_CASE("scram: too few and too many rounds are refused by their number") {
  CHECK(complains("r=abcd,s=QQ==,i=1", "1 rounds are too few"));
  CHECK(complains("r=abcd,s=QQ==,i=999", "too few"));
  CHECK(complains("r=abcd,s=QQ==,i=10000001", "too many"));
  CHECK(complains("r=abcd,s=QQ==,i=2147483648", "2147483648 rounds are too many"));
  CHECK(complains("r=abcd,s=QQ==,i=0", "too few"));
}

TEST_CASE("scram: a number of rounds that is none is refused") {
  for (const char* rounds : {"", "x", "-4096", "4096x", " 4096", "99999999999999999999999", "+4096"}) {
    CHECK(complains("r=abcd,s=QQ==,i=" + std::string(rounds), "no number of rounds"));
  }
  CHECK(complains("r=abcd,s=QQ==,x=4096,i=4096", "no number of rounds"));
}

TEST_CASE("scram: missing attributes are refused") {
  CHECK(complains("", "lacks"));
  CHECK(complains("r=abcd,i=4096", "lacks"));
  CHECK(complains("r=abcd,s=,i=4096", "salt"));
  CHECK(complains("r=abcd,s=no base64,i=4096", "salt"));
  CHECK(complains("r=abcd,t=QQ==,i=4096", "salt"));
  CHECK(complains(std::string_view("r=abcd\0,s=QQ==,i=4096", 21), "lacks"));
}

TEST_CASE("scram: the refusal is EX_SOFTWARE") {
  CHECK(parse_scram_server_first("", "abc").error().code == ExitCode::software);
}

TEST_CASE("scram: the server's error is what stands behind e=") {
  CHECK(scram_server_error("e=invalid-proof") == "invalid-proof");
  CHECK(scram_server_error("e=invalid-proof,x=y") == "invalid-proof");
  CHECK(scram_server_error("v=abc") == "");
  CHECK(scram_server_error("") == "");
}
