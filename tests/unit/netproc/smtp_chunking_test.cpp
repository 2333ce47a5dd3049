// BDAT: the shapes of the flights, and what each combination of replies means for a mail that is on the wire already.
#include <catch2/catch.hpp>

#include "netproc/smtp_chunking.hpp"
#include "submission.hpp"

namespace msmtp {
namespace {

using Commands = std::vector<std::string>;
using Replies = std::deque<std::string>;

const std::string ok = "250 ok\r\n";
const std::string no = "550 no\r\n";
const std::string confused = "503 no recipients\r\n";
const std::string mail = "Subject: x\r\n\r\nhello\r\n";
const std::string unknown = "the status of the mail is unknown";

bool says_unknown(const Error& error) {
  return error.code == ExitCode::temporary_failure && error.text.ends_with(unknown);
}

struct Chunking : Submission {
  explicit Chunking(Replies replies) : Submission(std::move(replies)) { offer.chunking = offer.pipelining = true; }
};

std::string bytes_of(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes += ".a line " + std::to_string(bytes.size()) + "\r\n";
  bytes.resize(size - 2);
  return bytes + "\r\n";
}

TEST_CASE("one recipient and a small mail: envelope, content, its end and QUIT are one write") {
  Chunking submission({ok, ok, "250 queued\r\n"});
  submission.sized_mail({"a@y.test"});
  REQUIRE(submission.run());
  CHECK(submission.server.writes ==
        Commands{"MAIL FROM:<me@x.test>\r\nRCPT TO:<a@y.test>\r\nBDAT 21 LAST\r\n" + mail + "QUIT\r\n"});
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent Delivered");
  CHECK(submission.last == "Delivered{server_reply=250 queued}");
  CHECK(submission.server.closed_by_client);
}

TEST_CASE("a mail of 64 KiB still goes in one write, a larger one waits for the envelope's replies") {
  Chunking largest({ok, ok, ok});
  largest.sized_mail({"a@y.test"}, bytes_of(max_flight_content));
  REQUIRE(largest.run());
  CHECK(largest.server.writes.size() == 1);
  CHECK(largest.server.content == bytes_of(max_flight_content));

  Chunking larger({ok, ok, ok});
  larger.sized_mail({"a@y.test"}, bytes_of(max_flight_content + 2));
  REQUIRE(larger.run());
  CHECK(larger.server.commands == Commands{"MAIL FROM:<me@x.test>", "RCPT TO:<a@y.test>", "BDAT 65538 LAST", "QUIT"});
  CHECK(larger.server.writes.size() == 2);
  CHECK(larger.server.content == bytes_of(max_flight_content + 2));
}

TEST_CASE("several recipients and a small mail: two writes, and the second one only ends the mail") {
  Chunking submission({ok, "251 will forward\r\n", ok, ok, "250 queued\r\n"});
  submission.sized_mail({"a@y.test", "b@y.test"});
  REQUIRE(submission.run());
  CHECK(submission.server.writes ==
        Commands{"MAIL FROM:<me@x.test>\r\nRCPT TO:<a@y.test>\r\nRCPT TO:<b@y.test>\r\nBDAT 21\r\n" + mail,
                 "BDAT 0 LAST\r\nQUIT\r\n"});
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent Delivered");
  CHECK(submission.last == "Delivered{server_reply=250 queued}");
}

TEST_CASE("so many recipients that a server may have to wait with its replies get no content with the envelope") {
  Chunking submission(Replies(12, ok));
  submission.sized_mail(Commands(10, std::string(2000, 'a') + "@y.test"));
  REQUIRE(submission.run());
  CHECK(submission.server.writes.size() == 2);
  CHECK(submission.server.writes[1] == "BDAT 21 LAST\r\n" + mail + "QUIT\r\n");
}

TEST_CASE("nothing is stuffed, and dots are no end") {
  const auto recipients = GENERATE(Commands{"a@y.test"}, Commands{"a@y.test", "b@y.test"});
  const bool sized = GENERATE(false, true);
  const std::string dots = ".\r\n..\r\n\r\n.\r\nend\r\n";
  Chunking submission({ok, ok, ok, ok, ok});
  if (sized) {
    submission.sized_mail(recipients, dots);
  } else {
    submission.envelope(recipients);
    submission.mail(dots);
  }
  REQUIRE(submission.run());
  CHECK(submission.server.content == dots);
  CHECK(submission.server.content_ended);
}

TEST_CASE("DATA is used without CHUNKING, without PIPELINING and under LMTP") {
  Submission submission({ok, ok, "354 go\r\n", ok});
  submission.offer.chunking = submission.offer.pipelining = true;
  SECTION("no CHUNKING") {
    submission.offer.chunking = false;
  }
  SECTION("no PIPELINING") {
    submission.offer.pipelining = false;
  }
  SECTION("LMTP") {
    submission.protocol = Protocol::lmtp;
  }
  submission.sized_mail();
  REQUIRE(submission.run());
  CHECK(submission.server.commands[2] == "DATA");
  CHECK_FALSE(submission.server.chunked);
}

// ---- all in one flight: refusals

TEST_CASE("a refusal in the one flight is that refusal, whatever is said after it") {
  const bool temporary = GENERATE(false, true);
  const std::string refusal = temporary ? "451 later\r\n" : no;
  const std::string sender = "envelope from address me@x.test not accepted by the server";
  const std::string recipient = "recipient address you@y.test not accepted by the server";
  const std::string whole = "the server did not accept the mail";
  const auto [replies, text] = GENERATE_COPY(
      std::pair(Replies{refusal, confused, confused}, sender), std::pair(Replies{refusal, ok, confused}, sender),
      std::pair(Replies{refusal, ok, ok}, sender), std::pair(Replies{refusal, FakeServer::hang_up}, sender),
      std::pair(Replies{ok, refusal, confused}, recipient),
      std::pair(Replies{ok, refusal, "554 no valid recipients\r\n"}, recipient),
      std::pair(Replies{ok, refusal, ok}, recipient), std::pair(Replies{ok, refusal, ""}, recipient),
      std::pair(Replies{ok, refusal, "junk\r\n"}, recipient),
      std::pair(Replies{ok, refusal + FakeServer::hang_up}, recipient), std::pair(Replies{ok, ok, refusal}, whole),
      std::pair(Replies{ok, ok, refusal + FakeServer::hang_up}, whole));
  Chunking submission(replies);
  submission.sized_mail();
  const Error error = submission.failure();
  CHECK(error.text == text);
  CHECK(error.code == (temporary ? ExitCode::temporary_failure : ExitCode::data_error));
  CHECK(error.server_reply + "\r\n" == refusal);
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent");
  CHECK(submission.server.writes.size() == 1);
}

TEST_CASE("without a valid reply to any part of the one flight the status is unknown") {
  const Replies before = GENERATE(Replies{}, Replies{ok}, Replies{ok, ok});
  const std::string bad = GENERATE(as<std::string>(), "", FakeServer::hang_up, "junk\r\n", "250-a\r\n550 b\r\n", "25");
  Replies replies = before;
  replies.push_back(bad);
  Chunking submission(replies);
  submission.sized_mail();
  CHECK(says_unknown(submission.failure()));
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent");
}

TEST_CASE("a reply that neither takes nor refuses leaves the status unknown, unless the mail is refused in the end") {
  const Replies replies =
      GENERATE(Replies{"354 x\r\n", ok, ok}, Replies{"251 x\r\n", ok, ok}, Replies{ok, "252 x\r\n", ok},
               Replies{ok, "252 x\r\n", ""}, Replies{ok, "354 x\r\n", FakeServer::hang_up},
               Replies{ok, ok, "252 x\r\n"}, Replies{ok, ok, "354 x\r\n"});
  Chunking submission(replies);
  submission.sized_mail();
  CHECK(says_unknown(submission.failure()));

  Chunking refused({ok, "252 x\r\n", "554 no\r\n"});
  refused.sized_mail();
  const Error error = refused.failure();
  CHECK(error.code == ExitCode::data_error);
  CHECK(error.text == "recipient address you@y.test not accepted by the server");
}

TEST_CASE("what comes before the flight is no reply to it, and nothing is sent") {
  const auto recipients = GENERATE(Commands{"a@y.test"}, Commands{"a@y.test", "b@y.test"});
  const bool refusal = GENERATE(false, true);
  Chunking submission({ok, ok, ok, ok});
  submission.server.push(refusal ? "421 idle\r\n" : "250 early\r\n");
  submission.sized_mail(recipients);
  CHECK(submission.failure().code == (refusal ? ExitCode::temporary_failure : ExitCode::protocol));
  CHECK(submission.heard() == "Capabilities BodyWanted");
  CHECK_FALSE(submission.server.chunked);
}

TEST_CASE("a flight that cannot be written leaves the status unknown only when the end of the mail was in it") {
  Chunking single({});
  single.server.writes_before_failure = 0;
  single.sized_mail();
  CHECK(says_unknown(single.failure()));

  Chunking several({});
  several.server.writes_before_failure = 0;
  several.sized_mail({"a@y.test", "b@y.test"});
  CHECK(several.failure().code == ExitCode::io_error);

  Chunking ended({ok, ok, ok, ok});
  ended.server.writes_before_failure = 1;
  ended.sized_mail({"a@y.test", "b@y.test"});
  CHECK(says_unknown(ended.failure()));
}

// ---- several recipients

TEST_CASE("one refusal of several stops all: RSET and QUIT in one write instead of the end") {
  const auto at = GENERATE(range(0, 4));
  const bool temporary = GENERATE(false, true);
  Replies replies = {ok, ok, ok, ok};
  replies[static_cast<std::size_t>(at)] = temporary ? "452 later\r\n" : "550 never\r\n";
  Chunking submission(replies);
  submission.sized_mail({"a@y.test", "b@y.test"});
  const Error error = submission.failure();
  const Commands texts = {"envelope from address me@x.test not accepted by the server",
                          "recipient address a@y.test not accepted by the server",
                          "recipient address b@y.test not accepted by the server",
                          "the server did not accept the mail"};
  CHECK(error.text == texts[static_cast<std::size_t>(at)]);
  CHECK(error.code == (temporary ? ExitCode::temporary_failure : ExitCode::data_error));
  CHECK(error.server_reply == (temporary ? "452 later" : "550 never"));
  REQUIRE(submission.server.writes.size() == 2);
  CHECK(submission.server.writes[1] == "RSET\r\nQUIT\r\n");
  CHECK_FALSE(submission.server.content_ended);
  CHECK(submission.heard() == "Capabilities BodyWanted");
}

TEST_CASE("a server that takes refused content for commands is left without a word") {
  const auto recipients = GENERATE(Commands{"b@y.test"}, Commands{"b@y.test", "c@y.test"});
  const std::string what = "500 what?\r\n";
  Replies replies = {ok, no};
  if (recipients.size() == 2) replies.push_back(no);
  replies.push_back(confused + what + what + what);
  Chunking submission(replies);
  submission.sized_mail(recipients);
  const Error error = submission.failure();
  CHECK(error.text == "recipient address b@y.test not accepted by the server");
  CHECK(error.server_reply == "550 no");
  CHECK(submission.server.writes.size() == 1);
  CHECK(submission.server.closed_by_client);
}

TEST_CASE("several recipients: a missing or odd reply before the end means that the mail is never ended") {
  const auto at = GENERATE(range(0, 4));
  const std::string bad = GENERATE(as<std::string>(), "", FakeServer::hang_up, "junk\r\n", "354 x\r\n");
  Replies replies = {ok, ok, ok, ok};
  replies[static_cast<std::size_t>(at)] = bad;
  Chunking submission(replies);
  submission.sized_mail({"a@y.test", "b@y.test"});
  const Error error = submission.failure();
  CHECK(error.text.find(unknown) == std::string::npos);
  CHECK_FALSE(submission.server.content_ended);
  CHECK(submission.heard() == "Capabilities BodyWanted");
}

TEST_CASE("several recipients: a server that replies more than it was asked gets no end") {
  Chunking submission({ok, ok, ok, ok + ok});
  submission.sized_mail({"a@y.test", "b@y.test"});
  CHECK(submission.failure().code == ExitCode::protocol);
  CHECK_FALSE(submission.server.content_ended);
}

TEST_CASE("several recipients: the last reply is the verdict") {
  Chunking refused({ok, ok, ok, ok, "554 spam\r\n"});
  refused.sized_mail({"a@y.test", "b@y.test"});
  const Error error = refused.failure();
  CHECK(error.text == "the server did not accept the mail");
  CHECK(error.code == ExitCode::data_error);

  const std::string bad = GENERATE(as<std::string>(), "", FakeServer::hang_up, "354 x\r\n");
  Chunking open({ok, ok, ok, ok, bad});
  open.sized_mail({"a@y.test", "b@y.test"});
  CHECK(says_unknown(open.failure()));
}

// ---- chunk after chunk

TEST_CASE("a mail of unknown size goes in chunks after the envelope, each with its command in one write") {
  Chunking submission(Replies(6, ok));
  submission.envelope({"a@y.test"});
  const std::string content = bytes_of(150 * 1024);
  for (std::size_t at = 0; at < content.size(); at += 50000) submission.body(content.substr(at, 50000));
  submission.say(BodyEnd{content.size()});
  REQUIRE(submission.run());
  CHECK(submission.server.content == content);
  REQUIRE(submission.server.writes.size() == 3);
  CHECK(submission.server.writes[1].starts_with("BDAT 131059\r\n" + content.substr(0, 100)));
  CHECK(submission.server.writes[1].size() == 131072);  // TLS makes full records of it
  CHECK(submission.server.writes[2].starts_with("BDAT 22541 LAST\r\n"));
  CHECK(submission.server.writes[2].ends_with("\r\nQUIT\r\n"));
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent Delivered");
}

TEST_CASE("an empty mail is one empty chunk") {
  Chunking submission({ok, ok, ok});
  submission.envelope({"a@y.test"});
  submission.mail("");
  REQUIRE(submission.run());
  CHECK(submission.server.writes[1] == "BDAT 0 LAST\r\nQUIT\r\n");
}

TEST_CASE("a refused envelope means that no content is asked for") {
  Chunking submission({ok, no});
  submission.envelope({"a@y.test"});
  submission.mail(mail);
  const Error error = submission.failure();
  CHECK(error.text == "recipient address a@y.test not accepted by the server");
  CHECK(submission.server.commands == Commands{"MAIL FROM:<me@x.test>", "RCPT TO:<a@y.test>", "QUIT"});
  CHECK(submission.heard() == "Capabilities");
}

// Two chunks, and not more than the channel takes while nobody reads from it.
void large_mail(Submission& submission) {
  submission.envelope({"a@y.test"});
  const std::string content = bytes_of(140 * 1024);
  for (std::size_t at = 0; at < content.size(); at += max_body_piece) {
    submission.body(std::string_view(content).substr(at, max_body_piece));
  }
  submission.say(BodyEnd{content.size()});
}

TEST_CASE("a refused chunk is the end of sending") {
  const std::string refusal = GENERATE(as<std::string>(), "452 full\r\n", "552 too much\r\n", "354 x\r\n");
  Chunking submission({ok, ok, refusal});
  large_mail(submission);
  const Error error = submission.failure();
  CHECK(error.server_reply + "\r\n" == refusal);
  if (refusal[0] == '4') CHECK(error.code == ExitCode::temporary_failure);
  if (refusal[0] == '5') CHECK(error.code == ExitCode::data_error);
  if (refusal[0] == '3') CHECK(error.code == ExitCode::protocol);
  if (refusal[0] != '3') CHECK(error.text == "the server did not accept the mail");
  if (refusal[0] != '3') CHECK(submission.server.writes.back() == "RSET\r\nQUIT\r\n");
  CHECK(submission.server.writes.size() <= 4);
  CHECK_FALSE(submission.server.content_ended);
  CHECK(submission.heard() == "Capabilities BodyWanted");
}

TEST_CASE("a server that refuses a chunk and hangs up is heard, and one that only hangs up is EX_IOERR") {
  Chunking refuses({ok, ok, "552 too much\r\n" + FakeServer::hang_up});
  large_mail(refuses);
  CHECK(refuses.failure().server_reply == "552 too much");
  CHECK_FALSE(refuses.server.content_ended);

  Chunking leaves({ok, ok, FakeServer::hang_up});
  large_mail(leaves);
  const Error error = leaves.failure();
  CHECK(error.code == ExitCode::io_error);
  CHECK(error.text.find(unknown) == std::string::npos);
  CHECK_FALSE(leaves.server.content_ended);
}

TEST_CASE("a chunk refused while the last one is under way is a refusal, even when the mail is then taken") {
  const std::string final = GENERATE(as<std::string>(), ok, confused, "", FakeServer::hang_up);
  Chunking submission({ok, ok, "", "452 full\r\n" + final});
  large_mail(submission);
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.server_reply == "452 full");
  CHECK(submission.server.content_ended);
}

TEST_CASE("chunks whose replies are missing leave the status unknown once the last one is sent") {
  Chunking submission({ok, ok, "", ok});
  large_mail(submission);
  CHECK(says_unknown(submission.failure()));
}

TEST_CASE("replies to chunks that nobody has sent end the session") {
  Chunking submission({ok, ok, ok + ok, ok});
  large_mail(submission);
  CHECK(submission.failure().code == ExitCode::protocol);
  CHECK_FALSE(submission.server.content_ended);
}

TEST_CASE("a mail that is not complete is never ended with BDAT either") {
  const bool sized = GENERATE(false, true);
  const auto recipients = GENERATE(Commands{"a@y.test"}, Commands{"a@y.test", "b@y.test"});
  Envelope envelope;
  envelope.size_known = sized;
  envelope.size = 3;
  Chunking submission({ok, ok, ok, ok, ok});
  submission.envelope(envelope, recipients);
  Cause cause = Cause::peer_lied;
  SECTION("the parent is gone") {
    submission.body("a\r\n");
    cause = Cause::peer_gone;
  }
  SECTION("the count is wrong") {
    submission.body("a\r\n");
    submission.say(BodyEnd{4});
  }
  SECTION("the last line has no end") {
    submission.mail("a\r");
  }
  SECTION("the last line has no end, whose parts came apart") {
    submission.body("a\r");
    submission.body("\n");
    submission.body("b");
    submission.say(BodyEnd{4});
  }
  if (sized) {
    SECTION("more than announced") {
      submission.body("a\r\n");
      submission.body("b\r\n");
      submission.say(BodyEnd{6});
    }
    SECTION("less than announced") {
      submission.mail("\r\n");
    }
  }
  auto result = submission.run();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ExitCode::software);
  CHECK(result.error().cause == cause);
  CHECK_FALSE(submission.server.content_ended);
}

TEST_CASE("a line end whose parts come in two pieces ends the line") {
  Chunking submission({ok, ok, ok});
  submission.envelope({"a@y.test"});
  submission.body("a\r");
  submission.body("\n");
  submission.say(BodyEnd{3});
  CHECK(submission.run());
}

TEST_CASE("the dialogue shows BDAT, the content and QUIT as they are sent") {
  Chunking submission({ok, ok, ok});
  submission.sized_mail({"a@y.test"}, ".x\r\ny\r\n");
  REQUIRE(submission.run());
  CHECK(submission.trace == Commands{">MAIL FROM:<me@x.test>", ">RCPT TO:<a@y.test>", ">BDAT 7 LAST", ">.x", ">y",
                                     ">QUIT", "<250 ok", "<250 ok", "<250 ok"});
}

TEST_CASE("the dialogue shows the end of a mail that is given up") {
  Chunking submission({ok, ok, no, ok});
  submission.sized_mail({"a@y.test", "b@y.test"}, "y\r\n");
  submission.failure();
  CHECK(submission.trace == Commands{">MAIL FROM:<me@x.test>", ">RCPT TO:<a@y.test>", ">RCPT TO:<b@y.test>", ">BDAT 3",
                                     ">y", "<250 ok", "<250 ok", "<550 no", "<250 ok", ">RSET", ">QUIT"});
}

}  // namespace
}  // namespace msmtp
