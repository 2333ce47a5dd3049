// What a client says in AUTH, and what it is told.
#include <catch2/catch.hpp>

#include "netproc/server_lines.hpp"
#include "netproc/server_login.hpp"

#include <string>

namespace msmtp {
namespace {

TEST_CASE("the offer names what can be had") {
  CHECK(login_offer() == "SCRAM-SHA-256 PLAIN LOGIN");
  CHECK(login_mechanism("plain") == Mechanism::plain);
  CHECK(login_mechanism("SCRAM-SHA-256") == Mechanism::scram_sha_256);
  for (const char* name : {"", "CRAM-MD5", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1", "PLAINX", "EXTERNAL"}) {
    CHECK_FALSE(login_mechanism(name));
  }
}

TEST_CASE("responses are base64, and one that is empty has a sign of its own in the command") {
  CHECK(decode_initial_response("=")->reveal().empty());
  CHECK(decode_initial_response("AGpvZQB4")->reveal() == std::string_view("\0joe\0x", 6));
  CHECK(decode_login_response("")->reveal().empty());
  CHECK(decode_login_response("c2VjcmV0")->reveal() == "secret");
  CHECK(decode_login_response("c2VjcmU=")->reveal() == "secre");
  for (const char* text : {"*", "=", "c2VjcmV", "c2V jcmV0", "c2VjcmV0=", "====", "c2Vj\tcmV", "\xc3\xa4\xc3\xa4"}) {
    INFO(text);
    CHECK_FALSE(decode_login_response(text));
  }
}

TEST_CASE("a challenge is one line, and never a longer one than may be") {
  CHECK(challenge_line("") == "334 \r\n");
  CHECK(challenge_line("Username:") == "334 VXNlcm5hbWU6\r\n");
  CHECK(challenge_line(std::string(9000, 'x')));
  CHECK(challenge_line(std::string(9000, 'x'))->size() <= max_login_line + 2);
  CHECK_FALSE(challenge_line(std::string(9500, 'x')));
}

}  // namespace
}  // namespace msmtp
