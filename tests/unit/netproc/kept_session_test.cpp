// A session that is kept: several mails over one connection, and what ends it between them.
#include <catch2/catch.hpp>

#include "submission.hpp"

namespace msmtp {
namespace {

using Writes = std::vector<std::string>;
using Replies = std::deque<std::string>;

const std::string ok = "250 ok\r\n";
const std::string mail = "Subject: x\r\n\r\nhello\r\n";
const std::string flight = "MAIL FROM:<me@x.test>\r\nRCPT TO:<you@y.test>\r\nBDAT 21 LAST\r\n" + mail;
const std::string one_mail = " BodyWanted BodySent Delivered";

struct KeptSession : Submission {
  explicit KeptSession(Replies replies) : Submission(std::move(replies)) {
    offer.chunking = offer.pipelining = true;
    stay();
  }
};

TEST_CASE("mails follow each other, each is one write, and there is one QUIT") {
  KeptSession session({ok, ok, ok, ok, ok, "250 queued again\r\n"});
  session.sized_mail();
  session.sized_mail();
  session.say(Leave{});
  REQUIRE(session.run());
  CHECK(session.server.writes == Writes{flight, flight, "QUIT\r\n"});
  CHECK(session.heard() == "Capabilities" + one_mail + one_mail + " Left");
  CHECK(session.server.closed_by_client);
}

TEST_CASE("the end of the parent is the end of the session, with QUIT") {
  KeptSession session({ok, ok, ok});
  session.sized_mail();
  CHECK(session.failure().cause == Cause::peer_gone);
  CHECK(session.server.writes == Writes{flight, "QUIT\r\n"});
  CHECK(session.heard() == "Capabilities" + one_mail);
}

TEST_CASE("all ways of sending are followed by another mail") {
  KeptSession session({ok, ok, ok, ok, ok, ok, ok, ok, ok, ok, ok, ok, ok, ok, ok, ok});
  SECTION("several recipients") {
    session.sized_mail({"a@y.test", "b@y.test"});
    session.sized_mail({"a@y.test", "b@y.test"});
  }
  SECTION("of unknown size") {
    session.whole_mail();
    session.whole_mail();
  }
  session.say(Leave{});
  REQUIRE(session.run());
  CHECK(session.heard() == "Capabilities" + one_mail + one_mail + " Left");
  CHECK(session.server.commands.back() == "QUIT");
  CHECK(std::ranges::count(session.server.commands, "QUIT") == 1);
}

TEST_CASE("so is DATA, with and without PIPELINING, and LMTP") {
  KeptSession session({ok, ok, "354 go\r\n", ok});
  session.offer.chunking = false;
  SECTION("with PIPELINING") {}
  SECTION("without") {
    session.offer.pipelining = false;
  }
  SECTION("LMTP") {
    session.protocol = Protocol::lmtp;
  }
  session.whole_mail();
  session.say(Leave{});
  REQUIRE(session.run());
  CHECK(session.heard() == "Capabilities" + one_mail + " Left");
  CHECK(std::ranges::count(session.server.commands, "QUIT") == 1);
  CHECK(session.server.content == mail);
}

TEST_CASE("a server that says why it leaves, or just closes: nothing is written, and nobody sends a mail") {
  const bool says_why = GENERATE(false, true);
  KeptSession session({ok, ok, says_why ? "250 queued\r\n421 4.4.2 idle\r\n" : "250 queued\r\n" + FakeServer::hang_up});
  session.sized_mail();
  session.sized_mail();
  const Error error = session.failure();
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.text == "the server has ended the kept connection; nothing was sent");
  CHECK(error.server_reply == (says_why ? "421 4.4.2 idle" : ""));
  CHECK(session.server.writes == Writes{flight});
  CHECK(session.heard() == "Capabilities" + one_mail);
}

TEST_CASE("after a refusal there is no other mail") {
  KeptSession session({ok, ok, "554 no\r\n"});
  session.sized_mail();
  session.sized_mail();
  CHECK(session.failure().code == ExitCode::data_error);
  CHECK(session.server.writes == Writes{flight, "QUIT\r\n"});
}

TEST_CASE("partial delivery is no clean one") {
  KeptSession session({ok, ok, "550 no\r\n", ok, ok});
  session.sized_mail({"a@y.test", "b@y.test"}, mail, true);
  session.sized_mail();
  CHECK(session.failure().code == ExitCode::data_error);
  CHECK(session.heard() == "Capabilities BodyWanted BodySent RecipientRefused");
  CHECK(session.server.commands.back() == "QUIT");
}

TEST_CASE("after a mail only another one or the end is legal") {
  KeptSession session({ok, ok, ok});
  session.sized_mail();
  session.say(QueueStart{});
  CHECK(session.failure().cause == Cause::peer_lied);
}

}  // namespace
}  // namespace msmtp
