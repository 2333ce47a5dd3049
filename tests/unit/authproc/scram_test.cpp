// What is asked of a SCRAM server's messages before any work is done for them.
#include "authproc/scram.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace msmtp;

namespace {

std::string complaint(std::string_view message) {
  const auto checked = check_scram_server_first(message, "abc");
  return checked ? "" : checked.error().text;
}

bool complains(std::string_view message, std::string_view about) {
  return complaint(message).find(about) != std::string::npos;
}

}  // namespace

TEST_CASE("scram: the nonce is taken from the client's first message") {
  CHECK(scram_nonce("n,,n=joe,r=abc") == "abc");
  CHECK(scram_nonce("n,,n=r=2Cr=x,r=abc=") == "abc=");
  CHECK(scram_nonce("n,,n=joe") == "");
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
  CHECK(complains("r=abcd,t=QQ==,i=4096", "salt"));
  CHECK(complains(std::string_view("r=abcd\0,s=QQ==,i=4096", 21), "lacks"));
}

TEST_CASE("scram: the refusal is EX_SOFTWARE") {
  CHECK(check_scram_server_first("", "abc").error().code == ExitCode::software);
}

TEST_CASE("scram: the server's error is what stands behind e=") {
  CHECK(scram_server_error("e=invalid-proof") == "invalid-proof");
  CHECK(scram_server_error("e=invalid-proof,x=y") == "invalid-proof");
  CHECK(scram_server_error("v=abc") == "");
  CHECK(scram_server_error("") == "");
}
