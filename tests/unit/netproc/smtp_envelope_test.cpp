// The envelope: in one flight or one by one, and that one refusal means that nobody gets the mail.
#include <catch2/catch.hpp>

#include "submission.hpp"

namespace msmtp {
namespace {

using Commands = std::vector<std::string>;
using Replies = std::deque<std::string>;

const std::string ok = "250 ok\r\n";
const std::string go = "354 go\r\n";

TEST_CASE("without PIPELINING each command waits for its reply, and QUIT for the last") {
  Submission submission({ok, ok, "251 will forward\r\n", go, "250 queued\r\n"});
  submission.whole_mail({"a@y.test", "b@y.test"});
  REQUIRE(submission.run());
  CHECK(submission.server.commands ==
        Commands{"MAIL FROM:<me@x.test>", "RCPT TO:<a@y.test>", "RCPT TO:<b@y.test>", "DATA", "QUIT"});
  CHECK(submission.server.writes.size() == 6);
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent Delivered");
}

TEST_CASE("with PIPELINING there are two writes: the envelope, and the mail with its end and QUIT") {
  Submission submission({ok, ok, ok, go, "250 queued\r\n"});
  submission.offer.pipelining = true;
  submission.whole_mail({"a@y.test", "b@y.test"});
  REQUIRE(submission.run());
  CHECK(submission.server.writes ==
        Commands{"MAIL FROM:<me@x.test>\r\nRCPT TO:<a@y.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n",
                 "Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n"});
  CHECK(submission.server.closed_by_client);
}

TEST_CASE("a refused MAIL, RCPT or DATA is the failure, whoever refuses and however the commands are sent") {
  const bool pipelining = GENERATE(false, true);
  const auto at = GENERATE(range(0, 4));
  const bool temporary = GENERATE(false, true);
  const std::string refusal = temporary ? "451-try\r\n451 later\r\n" : "550-no\r\n550 never\r\n";
  Replies replies = {ok, ok, ok, go};
  replies[static_cast<std::size_t>(at)] = refusal;
  if (at != 3) replies[3] = "554 no valid recipients\r\n";
  Submission submission(replies);
  submission.offer.pipelining = pipelining;
  submission.whole_mail({"a@y.test", "b@y.test"});
  const Error error = submission.failure();
  CHECK(error.code == (temporary ? ExitCode::temporary_failure : ExitCode::data_error));
  CHECK(error.server_reply == (temporary ? "451-try\n451 later" : "550-no\n550 never"));
  const Commands texts = {"envelope from address me@x.test not accepted by the server",
                          "recipient address a@y.test not accepted by the server",
                          "recipient address b@y.test not accepted by the server",
                          "the server does not accept mail data"};
  CHECK(error.text == texts[static_cast<std::size_t>(at)]);
  CHECK(submission.heard() == "Capabilities");
  CHECK(submission.server.content.empty());
  CHECK(submission.server.commands.back() == "QUIT");
}

TEST_CASE("a server that wants the content in spite of a refusal gets nothing at all") {
  const Replies replies = GENERATE(Replies{"550 no\r\n", ok, ok, go}, Replies{ok, "550 no\r\n", "550 no\r\n", go},
                                   Replies{ok, ok, "452 full\r\n", go});
  Submission submission(replies);
  submission.offer.pipelining = true;
  submission.whole_mail({"a@y.test", "b@y.test"});
  submission.failure();
  CHECK(submission.server.writes.size() == 1);
  CHECK_FALSE(submission.server.content_ended);
  CHECK(submission.server.closed_by_client);
}

TEST_CASE("only 250 accepts MAIL, 250 and 251 a recipient, 354 the content") {
  const Replies replies = GENERATE(Replies{"251 x\r\n"}, Replies{ok, "252 perhaps\r\n"}, Replies{ok, ok, ok},
                                   Replies{ok, go}, Replies{"200 x\r\n"}, Replies{ok, ok, "334 x\r\n"});
  const bool pipelining = GENERATE(false, true);
  Submission submission(replies);
  submission.offer.pipelining = pipelining;
  submission.whole_mail();
  CHECK(submission.failure().code == ExitCode::data_error);
  CHECK_FALSE(submission.server.content_ended);
  CHECK(submission.heard() == "Capabilities");
}

TEST_CASE("too few replies are a failure of the network, too many one of the protocol, and neither sends content") {
  Submission fewer({ok, ok, ""});
  fewer.offer.pipelining = true;
  fewer.whole_mail();
  const Error error = fewer.failure();
  CHECK(error.code == ExitCode::io_error);
  CHECK(error.text.find("reply to DATA") != std::string::npos);
  CHECK(fewer.server.writes.size() == 1);

  Submission more({ok, ok + ok, go});
  more.offer.pipelining = true;
  more.whole_mail();
  CHECK(more.failure().code == ExitCode::data_error);
  CHECK(more.server.writes.size() == 1);

  Submission late({ok, ok, go + ok});
  late.offer.pipelining = true;
  late.whole_mail();
  CHECK(late.failure().code == ExitCode::protocol);
  CHECK_FALSE(late.server.content_ended);
}

TEST_CASE("a reply that comes before MAIL is never taken for the reply to it") {
  const bool pipelining = GENERATE(false, true);
  Submission submission({ok, ok, go, ok});
  submission.offer.pipelining = pipelining;
  submission.server.push("250 early\r\n");
  submission.whole_mail();
  CHECK(submission.failure().code == ExitCode::protocol);
  CHECK(submission.server.commands.empty());
}

TEST_CASE("a server that has shut down meanwhile is heard") {
  const bool pipelining = GENERATE(false, true);
  const bool hangs_up = GENERATE(false, true);
  Submission submission({});
  submission.offer.pipelining = pipelining;
  submission.server.push("421 idle for too long\r\n");
  if (hangs_up) submission.server.hang_up_now();
  submission.whole_mail();
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.server_reply == "421 idle for too long");
}

TEST_CASE("421 at any command is its refusal") {
  const bool pipelining = GENERATE(false, true);
  const auto at = GENERATE(range(0, 3));
  Replies replies = {ok, ok, go};
  replies[static_cast<std::size_t>(at)] = "421 shutting down\r\n";
  replies.insert(replies.begin() + at + 1, FakeServer::hang_up);
  Submission submission(replies);
  submission.offer.pipelining = pipelining;
  submission.whole_mail();
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.server_reply == "421 shutting down");
}

TEST_CASE("a connection that is closed instead of a reply is EX_PROTOCOL") {
  const bool pipelining = GENERATE(false, true);
  const auto at = GENERATE(range(0, 3));
  Replies replies = {ok, ok, go};
  replies[static_cast<std::size_t>(at)] = FakeServer::hang_up;
  Submission submission(replies);
  submission.offer.pipelining = pipelining;
  submission.whole_mail();
  CHECK(submission.failure().code == ExitCode::protocol);
}

TEST_CASE("when writing fails, what the server said before is reported") {
  const bool pipelining = GENERATE(false, true);
  Submission submission({});
  submission.offer.pipelining = pipelining;
  submission.server.writes_before_failure = 0;
  submission.whole_mail();
  CHECK(submission.failure().text.find("network write error") != std::string::npos);
}

TEST_CASE("thousands of recipients go out in parts, each with room for the replies, and none is lost") {
  Replies replies(6002, ok);
  replies[6001] = go;
  replies.push_back(ok);
  FakeServer server(replies);
  Capabilities offer;
  offer.pipelining = true;
  MailTransaction mail;
  for (int i = 0; i < 6000; ++i) {
    mail.recipients.push_back({*Line<max_mailbox>::from("recipient-" + std::to_string(i) + "@example.test")});
  }
  SmtpConnection connection(server, Timers(1), DialogueTrace::off());
  REQUIRE(send_envelope(connection, mail, offer));
  CHECK(server.commands.size() == 6002);
  CHECK(server.commands[6000] == "RCPT TO:<recipient-5999@example.test>");
  CHECK(server.writes.size() < 15);
  for (const std::string& flight : server.writes) CHECK(flight.size() <= 48 * 1024);
}

TEST_CASE("after a refusal no more of a long envelope is sent") {
  Replies replies(6002, ok);
  replies[5] = "550 no\r\n";
  FakeServer server(replies);
  MailTransaction mail;
  for (int i = 0; i < 6000; ++i) mail.recipients.push_back({*Line<max_mailbox>::from("a@y.test")});
  SmtpConnection connection(server, Timers(1), DialogueTrace::off());
  Capabilities offer;
  offer.pipelining = true;
  REQUIRE_FALSE(send_envelope(connection, mail, offer));
  CHECK(server.writes.size() == 1);
  CHECK(server.commands.back() != "DATA");
}

TEST_CASE("what the server cannot do is said before MAIL is") {
  Envelope envelope;
  ExitCode expected = ExitCode::data_error;
  SECTION("notifications") {
    envelope.dsn_notify = *Line<64>::from("NEVER");
    expected = ExitCode::unavailable;
  }
  SECTION("what a notification returns") {
    envelope.dsn_return = *Line<64>::from("HDRS");
    expected = ExitCode::unavailable;
  }
  SECTION("an address in UTF-8") {
    envelope.smtputf8 = true;
  }
  SECTION("the size") {
    envelope.size_known = true;
    envelope.size = 1001;
  }
  Submission submission({});
  submission.offer.pipelining = submission.offer.size = true;
  submission.offer.size_limit = 1000;
  submission.envelope(envelope, {"a@y.test"});
  CHECK(submission.failure().code == expected);
  CHECK(submission.server.commands == Commands{"QUIT"});
}

TEST_CASE("a mail of just the size that is offered is sent") {
  Envelope envelope;
  envelope.size_known = true;
  envelope.size = 1000;
  Submission submission({ok, ok, go, ok});
  submission.offer.size = true;
  submission.offer.size_limit = 1000;
  submission.envelope(envelope, {"a@y.test"});
  submission.mail("x\r\n");
  CHECK(submission.run());
  CHECK(submission.server.commands.front() == "MAIL FROM:<> SIZE=1000");
}

TEST_CASE("a parent that breaks the order of messages is refused") {
  Submission submission({ok, ok, go, ok});
  SECTION("a recipient without an envelope") {
    submission.say_recipients({"a@y.test"});
  }
  SECTION("no recipients") {
    submission.say(Envelope());
  }
  SECTION("an empty recipient") {
    submission.envelope(std::vector<std::string>{""});
  }
  SECTION("fewer recipients than announced") {
    Envelope envelope;
    envelope.recipients = 2;
    submission.say(envelope);
    submission.say_recipients({"a@y.test"});
    submission.say(BodyEnd{});
  }
  SECTION("more recipients than announced") {
    Envelope envelope;
    envelope.recipients = 1;
    submission.say(envelope);
    submission.say_recipients({"a@y.test", "b@y.test"});
  }
  SECTION("a message of no recipients") {
    Envelope envelope;
    envelope.recipients = 1;
    submission.say(envelope);
    submission.say_recipients({});
  }
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::software);
  CHECK(error.cause == Cause::peer_lied);
  CHECK(submission.server.commands == Commands{"QUIT"});
}

}  // namespace
}  // namespace msmtp
