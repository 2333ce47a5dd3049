// Content and verdict: what is on the wire, when it is ended, and what each answer means.
#include <catch2/catch.hpp>

#include "submission.hpp"

namespace msmtp {
namespace {

const std::string ok = "250 ok\r\n";
const std::string go = "354 go\r\n";
const std::string unknown = "the status of the mail is unknown";

bool says_unknown(const Error& error) {
  return error.code == ExitCode::temporary_failure && error.text.find(unknown) != std::string::npos;
}

TEST_CASE("the mail arrives dot-stuffed and ended") {
  Submission submission({ok, ok, go, ok});
  submission.envelope({"a@y.test"});
  submission.mail(".a\r\n..b\r\n.\r\nc.\r\n");
  REQUIRE(submission.run());
  CHECK(submission.server.content == "..a\r\n...b\r\n..\r\nc.\r\n");
  CHECK(submission.server.content_ended);
}

TEST_CASE("an empty mail is a lone dot") {
  Submission submission({ok, ok, go, ok});
  submission.envelope({"a@y.test"});
  submission.mail("");
  REQUIRE(submission.run());
  CHECK(submission.server.content.empty());
  CHECK(submission.server.content_ended);
}

TEST_CASE("the server's 250 is what Delivered carries") {
  Submission submission({ok, ok, go, "250-2.0.0 ok\r\n250 queued as 123\r\n"});
  submission.whole_mail();
  REQUIRE(submission.run());
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent Delivered");
  CHECK(submission.last == "Delivered{server_reply=250-2.0.0 ok?250 queued as 123}");
}

TEST_CASE("QUIT is said and the connection closed before the parent hears of the delivery") {
  Submission submission({ok, ok, go, ok});
  submission.whole_mail();
  REQUIRE(submission.run());
  CHECK(submission.server.commands.back() == "QUIT");
  CHECK(submission.server.closed_by_client);
}

TEST_CASE("small pieces are gathered into large writes, and the end goes with the last") {
  Submission submission({ok, ok, go, ok});
  submission.offer.pipelining = true;
  submission.envelope({"a@y.test"});
  std::string mail;
  for (int i = 0; i < 17; ++i) {
    const std::string piece = std::string(4094, static_cast<char>('a' + i)) + "\r\n";
    submission.body(piece);
    mail += piece;
  }
  submission.say(BodyEnd{mail.size()});
  REQUIRE(submission.run());
  CHECK(submission.server.content == mail);
  REQUIRE(submission.server.writes.size() == 3);
  CHECK(submission.server.writes[1].size() == 64 * 1024);
  CHECK(submission.server.writes[2].ends_with("\r\n.\r\nQUIT\r\n"));
}

TEST_CASE("a refused mail is EX_TEMPFAIL or EX_DATAERR by its reply") {
  const bool temporary = GENERATE(false, true);
  const bool pipelining = GENERATE(false, true);
  Submission submission({ok, ok, go, temporary ? "452 full\r\n" : "554 spam\r\n"});
  submission.offer.pipelining = pipelining;
  submission.whole_mail();
  const Error error = submission.failure();
  CHECK(error.code == (temporary ? ExitCode::temporary_failure : ExitCode::data_error));
  CHECK(error.server_reply == (temporary ? "452 full" : "554 spam"));
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent");
  CHECK(submission.server.commands.back() == "QUIT");
}

TEST_CASE("no valid reply to the end of the mail: the status is unknown") {
  const std::string last = GENERATE(as<std::string>(), "", FakeServer::hang_up, "250\x01 ok\r\n", "25",
                                    "252 perhaps\r\n", "354 more\r\n", "250-a\r\n550 b\r\n");
  const bool pipelining = GENERATE(false, true);
  Submission submission({ok, ok, go, last});
  submission.offer.pipelining = pipelining;
  submission.whole_mail();
  CHECK(says_unknown(submission.failure()));
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent");
}

TEST_CASE("250 and then the end of the connection is a delivery") {
  const bool pipelining = GENERATE(false, true);
  Submission submission({ok, ok, go, "250 ok\r\n" + FakeServer::hang_up});
  submission.offer.pipelining = pipelining;
  submission.whole_mail();
  CHECK(submission.run());
}

TEST_CASE("a write that fails at the end of the mail leaves its status unknown") {
  Submission submission({ok, ok, go});
  submission.offer.pipelining = true;
  submission.server.writes_before_failure = 1;
  submission.whole_mail();
  const Error error = submission.failure();
  CHECK(says_unknown(error));
  CHECK(error.text.find("Broken pipe") != std::string::npos);
}

TEST_CASE("a server that speaks before the end of the mail is heard, and the mail is not ended") {
  const std::string early = GENERATE("552 too much\r\n", "421 going down\r\n", "250 thanks\r\n", "junk\r\n");
  Submission submission({ok, ok, go + early, ok});
  submission.offer.pipelining = true;
  submission.whole_mail();
  const Error error = submission.failure();
  if (early.starts_with("552")) CHECK(error.code == ExitCode::data_error);
  if (early.starts_with("421")) CHECK(error.code == ExitCode::temporary_failure);
  if (early.starts_with("250") || early.starts_with("junk")) CHECK(error.code == ExitCode::protocol);
  CHECK(error.server_reply + "\r\n" == early);
  CHECK(submission.server.writes.size() == 1);
  CHECK(submission.heard() == "Capabilities BodyWanted");
}

TEST_CASE("a server that hangs up in the middle of the mail is EX_IOERR, and nothing is unknown") {
  Submission submission({ok, ok, go + FakeServer::hang_up});
  submission.offer.pipelining = true;
  submission.whole_mail();
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::io_error);
  CHECK(error.text.find(unknown) == std::string::npos);
  CHECK_FALSE(submission.server.content_ended);
}

TEST_CASE("a mail that is not complete is never ended") {
  Submission submission({ok, ok, go, ok});
  submission.envelope({"a@y.test"});
  Cause cause = Cause::peer_lied;
  SECTION("the parent is gone") {
    submission.body("a\r\n");
    cause = Cause::peer_gone;
  }
  SECTION("the count is too small") {
    submission.body("a\r\n");
    submission.say(BodyEnd{2});
  }
  SECTION("the count is too large") {
    submission.body("a\r\n");
    submission.say(BodyEnd{4});
  }
  SECTION("the last line has no end") {
    submission.mail("a");
  }
  SECTION("the last line ends with CR") {
    submission.mail("a\r");
  }
  SECTION("something else comes") {
    submission.say(Envelope());
  }
  auto result = submission.run();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ExitCode::software);
  CHECK(result.error().cause == cause);
  CHECK_FALSE(submission.server.content_ended);
  CHECK(submission.server.commands.back() == "DATA");
  CHECK(submission.server.closed_by_client);
}

TEST_CASE("a mail that grows over the server's limit is not ended") {
  Submission submission({ok, ok, go, ok});
  submission.offer.size = true;
  submission.offer.size_limit = 4;
  submission.envelope({"a@y.test"});
  submission.mail("abc\r\n");
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::data_error);
  CHECK_FALSE(submission.server.content_ended);
}

TEST_CASE("LMTP: each recipient has a verdict") {
  Submission submission({ok, ok, ok, ok, go, "250 a\r\n550-5.1.1 no\r\n550 b\r\n452 c\r\n"});
  submission.protocol = Protocol::lmtp;
  submission.offer.pipelining = true;
  submission.whole_mail({"a@y.test", "b@y.test", "c@y.test"});
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.server_reply.empty());
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent RecipientRefused RecipientRefused");
  REQUIRE(submission.refusals.size() == 2);
  CHECK(submission.refusals[0].index == 1);
  CHECK(submission.refusals[0].server_reply.view() == "550-5.1.1 no\n550 b");
  CHECK(submission.refusals[1].index == 2);
}

TEST_CASE("LMTP: refusals that are all permanent are EX_DATAERR") {
  Submission submission({ok, ok, ok, go, "550 a\r\n250 b\r\n"});
  submission.protocol = Protocol::lmtp;
  submission.whole_mail({"a@y.test", "b@y.test"});
  CHECK(submission.failure().code == ExitCode::data_error);
  CHECK(submission.server.commands.back() == "QUIT");
}

TEST_CASE("LMTP: all accepted is a delivery without words") {
  Submission submission({ok, ok, ok, go, ok + "\f" + ok});
  submission.protocol = Protocol::lmtp;
  submission.whole_mail({"a@y.test", "b@y.test"});
  REQUIRE(submission.run());
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent Delivered");
  CHECK(submission.last == "Delivered{server_reply=}");
}

TEST_CASE("LMTP: a verdict that is missing leaves the status unknown") {
  Submission submission({ok, ok, ok, go, "250 a\r\n"});
  submission.protocol = Protocol::lmtp;
  submission.whole_mail({"a@y.test", "b@y.test"});
  CHECK(says_unknown(submission.failure()));
}

TEST_CASE("the dialogue shows every line in both directions") {
  Submission submission({ok, ok, go, "250-a\r\n250 b\r\n"});
  submission.envelope({"a@y.test"});
  submission.body(".x");
  submission.body("y\r\nz\r\n");
  submission.say(BodyEnd{8});
  REQUIRE(submission.run());
  CHECK(submission.trace == std::vector<std::string>{">MAIL FROM:<me@x.test>", "<250 ok", ">RCPT TO:<a@y.test>",
                                                     "<250 ok", ">DATA", "<354 go", ">..xy", ">z", ">.", "<250-a",
                                                     "<250 b", ">QUIT"});
}

}  // namespace
}  // namespace msmtp
