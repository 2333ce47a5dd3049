// Partial delivery: who is refused is told, the others get the mail, and without the wish for it nobody does.
#include <catch2/catch.hpp>

#include "submission.hpp"

namespace msmtp {
namespace {

using Commands = std::vector<std::string>;
using Replies = std::deque<std::string>;

const std::string ok = "250 ok\r\n";
const std::string go = "354 go\r\n";
const Commands three = {"a@y.test", "b@y.test", "c@y.test"};

// How the mail is sent: DATA one by one, DATA pipelined, small with BDAT, large with BDAT.
struct Partial : Submission {
  Partial(int way, Replies recipients, const std::string& final, bool wanted = true)
      : Submission(replies(way, std::move(recipients), final)) {
    offer.pipelining = way != 0;
    offer.chunking = way >= 2;
    sized_mail(three, way == 3 ? std::string(140000, 'x') + "\r\n" : "x\r\n", wanted);
  }
  static Replies replies(int way, Replies recipients, const std::string& final) {
    Replies all = {ok};
    all.insert(all.end(), recipients.begin(), recipients.end());
    all.push_back(way < 2 ? go : ok);
    all.push_back(final);
    return all;
  }
};

TEST_CASE("the accepted recipients get the mail, and each refused one is told in order") {
  const int way = GENERATE(range(0, 4));
  const bool temporary = GENERATE(false, true);
  Partial submission(way, {"550-5.1.1 no\r\n550 such\r\n", ok, temporary ? "452 full\r\n" : "551 moved\r\n"},
                     "250 queued\r\n");
  const Error error = submission.failure();
  CHECK(error.code == (temporary ? ExitCode::temporary_failure : ExitCode::data_error));
  CHECK(error.server_reply == "250 queued");
  CHECK(submission.server.content_ended);
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent RecipientRefused RecipientRefused");
  REQUIRE(submission.refusals.size() == 2);
  CHECK(submission.refusals[0].index == 0);
  CHECK(submission.refusals[0].server_reply.view() == "550-5.1.1 no\n550 such");
  CHECK(submission.refusals[1].index == 2);
}

TEST_CASE("nobody refused is a delivery as any other") {
  Partial submission(GENERATE(range(0, 4)), {ok, ok, ok}, "250 queued\r\n");
  REQUIRE(submission.run());
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent Delivered");
}

TEST_CASE("without the wish one refusal stops all") {
  Partial submission(GENERATE(range(0, 4)), {ok, "550 no\r\n", ok}, ok, false);
  const Error error = submission.failure();
  CHECK(error.text == "recipient address b@y.test not accepted by the server");
  CHECK_FALSE(submission.server.content_ended);
}

TEST_CASE("all refused is the failure of the first, and nothing is delivered even when the server would") {
  const int way = GENERATE(range(0, 4));
  Partial submission(way, {"451 later\r\n", "550 no\r\n", "550 no\r\n"}, ok);
  const Error error = submission.failure();
  CHECK(error.text == "recipient address a@y.test not accepted by the server");
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.server_reply == "451 later");
  CHECK_FALSE(submission.server.content_ended);
  CHECK(submission.refusals.empty());
}

TEST_CASE("all refused, and one of them for now: that one decides") {
  Partial submission(GENERATE(range(0, 4)), {"550 no\r\n", "451 later\r\n", "452 full\r\n"}, ok);
  const Error error = submission.failure();
  CHECK(error.text == "recipient address b@y.test not accepted by the server");
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.server_reply == "451 later");
}
TEST_CASE("a single recipient who is refused is a refusal as ever") {
  Submission submission({ok, "550 no\r\n", ok});
  submission.offer.chunking = submission.offer.pipelining = true;
  submission.sized_mail({"a@y.test"}, "x\r\n", true);
  CHECK(submission.failure().text == "recipient address a@y.test not accepted by the server");
}

TEST_CASE("a refused mail is refused for all, and nobody is told of recipients") {
  Partial submission(GENERATE(range(0, 4)), {"550 no\r\n", ok, ok}, "554 spam\r\n");
  const Error error = submission.failure();
  CHECK(error.text == "the server did not accept the mail");
  CHECK(error.server_reply == "554 spam");
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent");
}

TEST_CASE("an unknown status stays one") {
  Partial submission(GENERATE(range(0, 4)), {"550 no\r\n", ok, ok}, "");
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(error.text.ends_with("the status of the mail is unknown"));
}

TEST_CASE("a server that shuts down, or answers neither yes nor no, delivers to nobody") {
  const std::string odd = GENERATE("421 going down\r\n", "252 perhaps\r\n", "354 x\r\n");
  Partial submission(GENERATE(range(0, 4)), {ok, odd, ok}, ok);
  const Error error = submission.failure();
  CHECK(error.text == "recipient address b@y.test not accepted by the server");
  CHECK_FALSE(submission.server.content_ended);
}

TEST_CASE("LMTP: those refused before the content get no verdict, the others one each") {
  Submission submission({ok, ok, "550 b\r\n", ok, go, "250 a\r\n452 c\r\n"});
  submission.protocol = Protocol::lmtp;
  submission.offer.pipelining = true;
  submission.sized_mail(three, "x\r\n", true);
  const Error error = submission.failure();
  CHECK(error.code == ExitCode::temporary_failure);
  CHECK(submission.heard() == "Capabilities BodyWanted BodySent RecipientRefused RecipientRefused");
  REQUIRE(submission.refusals.size() == 2);
  CHECK(submission.refusals[0].index == 1);
  CHECK(submission.refusals[0].server_reply.view() == "550 b");
  CHECK(submission.refusals[1].index == 2);
  CHECK(submission.refusals[1].server_reply.view() == "452 c");
}

}  // namespace
}  // namespace msmtp
