// AUTH: what goes over the wire, what is shown, what is forgotten, and how servers cheat.
#include <catch2/catch.hpp>

#include "common/base64.hpp"
#include "submission.hpp"

#include <variant>

namespace msmtp {
namespace {

using Commands = std::vector<std::string>;

const std::string plain_response("\0joe\0secret", 11);

void offer_all(Submission& submission) {
  submission.offer.auth = true;
  submission.offer.mechanisms = MechanismSet(MechanismSet::all_bits);
}

// What the credential child heard.
std::string challenges(Submission& submission) {
  std::string text;
  for (;;) {
    auto message = submission.sasl.tests.expect<Challenge, Accepted>(Deadline::in(std::chrono::milliseconds(0)));
    if (!message) return text;
    if (const auto* challenge = std::get_if<Challenge>(&*message)) {
      text += "[" + std::string(challenge->bytes.view()) + "]";
    } else {
      text += "accepted";
    }
  }
}

struct Login : Submission {
  explicit Login(std::deque<std::string> replies, Mechanism mechanism = Mechanism::plain)
      : Submission(std::move(replies)) {
    offer_all(*this);
    say(Authenticate{mechanism});
  }
};

TEST_CASE("an initial response goes with the command, in one write") {
  Login login({"235 welcome\r\n"});
  login.respond(plain_response);
  login.failure();  // the parent says nothing after that
  CHECK(login.server.writes.front() == "AUTH PLAIN AGpvZQBzZWNyZXQ=\r\n");
  CHECK(challenges(login) == "accepted");
  CHECK(login.heard() == "Capabilities Authenticated");
  CHECK_FALSE(login.sasl.ours.fd().is_open());
}

TEST_CASE("credentials are not in the dialogue that is shown") {
  Login login({"334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", "235 ok\r\n"}, Mechanism::login);
  login.sasl.tests.send(Response{}).value();
  login.respond("joe");
  login.respond("secret");
  login.failure();
  CHECK(login.server.commands == Commands{"AUTH LOGIN", "am9l", "c2VjcmV0", "QUIT"});
  CHECK(challenges(login) == "[Username:][Password:]accepted");
  CHECK(login.trace ==
        Commands{">AUTH LOGIN", "<334 VXNlcm5hbWU6", ">*", "<334 UGFzc3dvcmQ6", ">*", "<235 ok", ">QUIT"});
  Login plain({"235 ok\r\n"});
  plain.respond(plain_response);
  plain.failure();
  CHECK(plain.trace.front() == ">AUTH PLAIN *");
}

TEST_CASE("an empty initial response is an equals sign, an empty later one an empty line") {
  Login login({"235 ok\r\n"}, Mechanism::external);
  login.respond("");
  login.failure();
  CHECK(login.server.commands.front() == "AUTH EXTERNAL =");
  Login later({"334 \r\n", "235 ok\r\n"}, Mechanism::external);
  later.sasl.tests.send(Response{}).value();
  later.respond("");
  later.failure();
  CHECK(later.server.commands == Commands{"AUTH EXTERNAL", "", "QUIT"});
  CHECK(challenges(later) == "[]accepted");
}

TEST_CASE("a response too long for the command waits for the server's empty challenge") {
  const bool too_long = GENERATE(false, true);
  // AUTH OAUTHBEARER, a space, base64 and CRLF: 12,288 octets at most.
  const std::string token(too_long ? 9202 : 9201, 't');
  Login login({too_long ? "334 \r\n" : "235 ok\r\n", "235 ok\r\n"}, Mechanism::oauthbearer);
  login.respond(token);
  login.failure();
  const Commands in_one = {"AUTH OAUTHBEARER " + base64_encode(token), "QUIT"};
  const Commands in_two = {"AUTH OAUTHBEARER", base64_encode(token), "QUIT"};
  const bool as_expected = login.server.commands == (too_long ? in_two : in_one);
  CHECK(as_expected);
  CHECK((in_one.front().size() + 2 > max_auth_command) == too_long);
  CHECK(challenges(login) == "accepted");
}

TEST_CASE("334 is never success") {
  Login login({"334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n",
               "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n", "334 \r\n",
               "334 \r\n", "501 cancelled\r\n"});
  for (std::size_t i = 0; i < 20; ++i) login.respond("x");
  const Error error = login.failure();
  CHECK(error.code == ExitCode::protocol);
  CHECK(login.server.commands.size() == 1 + max_sasl_steps + 2);
  CHECK(login.server.commands[1 + max_sasl_steps] == "*");
  CHECK(login.heard() == "Capabilities");
}

TEST_CASE("a refusal is EX_NOPERM with the server's words, whatever its code") {
  const std::string reply = GENERATE("535 5.7.8 bad credentials\r\n", "454 later\r\n", "421 bye\r\n", "250 ok\r\n");
  Login login({reply});
  login.respond(plain_response);
  const Error error = login.failure();
  CHECK(error.code == ExitCode::no_permission);
  CHECK(error.text == "authentication failed (method PLAIN)");
  CHECK(error.server_reply + "\r\n" == reply);
  CHECK(challenges(login).empty());
}

TEST_CASE("XOAUTH2 that does not begin with a challenge is EX_PROTOCOL, and a later refusal is EX_NOPERM") {
  Login at_once({"535 no\r\n"}, Mechanism::xoauth2);
  at_once.sasl.tests.send(Response{}).value();
  CHECK(at_once.failure().code == ExitCode::protocol);
  Login later({"334 \r\n", "535 no\r\n"}, Mechanism::xoauth2);
  later.sasl.tests.send(Response{}).value();
  later.respond("token");
  CHECK(later.failure().code == ExitCode::no_permission);
}

TEST_CASE("what the server says about a token that it refuses is part of the one line") {
  const std::string explanation = "334 " + base64_encode("{\"status\":\"401\",\r\n\"scope\":\"mail\"}") + "\r\n";
  Login login({explanation, "535 no\r\n"}, Mechanism::xoauth2);
  login.respond("token");
  login.respond("");
  const Error error = login.failure();
  CHECK(error.code == ExitCode::no_permission);
  CHECK(error.text == "authentication failed (method XOAUTH2): {\"status\":\"401\",  \"scope\":\"mail\"}");
  Login long_one({"334 " + base64_encode(std::string(9000, 'x')) + "\r\n", "535 no\r\n"}, Mechanism::oauthbearer);
  long_one.respond("token");
  long_one.respond("\1");
  CHECK(long_one.failure().text == "authentication failed (method OAUTHBEARER): " + std::string(300, 'x'));
  Login other({"334 aGVsbG8=\r\n", "535 no\r\n"});
  other.respond("first");
  other.respond("second");
  CHECK(other.failure().text == "authentication failed (method PLAIN)");
}

TEST_CASE("a challenge that is not base64 is cancelled") {
  const std::string challenge = GENERATE("334 ???\r\n", "334 abc\r\n", "334-YQ==\r\n334 YQ==\r\n", "334 YR==\r\n");
  Login login({challenge, "501 cancelled\r\n"}, Mechanism::cram_md5);
  login.sasl.tests.send(Response{}).value();
  const Error error = login.failure();
  CHECK(error.code == ExitCode::protocol);
  CHECK(login.server.commands == Commands{"AUTH CRAM-MD5", "*", "QUIT"});
  CHECK(challenges(login).empty());
}

TEST_CASE("a challenge of the longest line reaches the credential child") {
  const std::string bytes(49'149, 'c');
  Login login({"334 " + base64_encode(bytes) + "\r\n", "235 ok\r\n"}, Mechanism::cram_md5);
  login.sasl.tests.send(Response{}).value();
  login.respond("x");
  login.failure();
  CHECK(challenges(login) == "[" + bytes + "]accepted");
}

TEST_CASE("a challenge that the credential child does not accept is cancelled") {
  Login login({"334 YQ==\r\n", "501 cancelled\r\n"}, Mechanism::scram_sha_256);
  login.respond("n,,n=joe,r=x");
  login.sasl.tests.send(Cancel{}).value();
  const Error error = login.failure();
  CHECK(error.code == ExitCode::software);
  CHECK(login.server.commands.back() == "QUIT");
  CHECK(login.server.commands[1] == "*");
  CHECK(login.heard() == "Capabilities");
}

TEST_CASE("a mechanism that is not offered is not tried") {
  Login login({});
  login.offer.mechanisms = MechanismSet();
  login.offer.mechanisms.add(Mechanism::login);
  if (GENERATE(false, true)) login.offer.auth = false;
  login.respond(plain_response);
  CHECK(login.failure().code == ExitCode::unavailable);
  CHECK(login.server.commands == Commands{"QUIT"});
}

TEST_CASE("without a channel to the credential child nothing is sent") {
  Login login({"235 ok\r\n"});
  login.sasl.ours.close();
  CHECK(login.failure().code == ExitCode::software);
  CHECK(login.server.commands == Commands{"QUIT"});
}

TEST_CASE("a credential child that dies ends the exchange, and is named") {
  Login login({"334 YQ==\r\n"}, Mechanism::cram_md5);
  login.sasl.tests.send(Response{}).value();
  login.sasl.tests.close();
  const Error error = login.failure();
  CHECK(error.code == ExitCode::software);
  CHECK(error.cause == Cause::peer_gone);
  CHECK(login.heard() == "Capabilities");
}

TEST_CASE("after AUTH the channel's buffer holds nothing of the response") {
  Login login({"235 ok\r\n"});
  login.respond(plain_response);
  // The view stays valid as long as nobody receives again: it shows what is left in the buffer.
  SaslChannel& sasl = login.sasl.ours;
  const auto first = sasl.expect_one<Response>(Deadline::never());
  REQUIRE(first->bytes.view() == plain_response);
  const std::string_view buffer = first->bytes.view();
  login.respond(plain_response);
  FakeServer server({"235 ok\r\n"});
  SmtpConnection connection(server, Timers(1), DialogueTrace::off());
  server.push("220 x\r\n");
  REQUIRE(connection.read_reply(Step::greeting));
  REQUIRE(authenticate(connection, login.offer, Mechanism::plain, sasl));
  CHECK(buffer == std::string(plain_response.size(), '\0'));
}

TEST_CASE("after AUTH a mail can follow") {
  Login login({"235 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n"});
  login.respond(plain_response);
  login.whole_mail();
  REQUIRE(login.run());
  CHECK(login.heard() == "Capabilities Authenticated BodyWanted BodySent Delivered");
}

}  // namespace
}  // namespace msmtp
