// Commands: every one there is, parameters, and what comes of everything else.
#include <catch2/catch.hpp>

#include "netproc/server_command.hpp"

#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {
namespace {

template <class Command>
std::optional<Command> parsed(std::string_view line) {
  const ServerCommand command = parse_server_command(line);
  const auto* wanted = std::get_if<Command>(&command);
  return wanted == nullptr ? std::nullopt : std::optional(*wanted);
}

int refusal(std::string_view line) {
  const auto refused = parsed<Refusal>(line);
  return refused ? refused->code : 0;
}

TEST_CASE("EHLO and HELO need a name") {
  REQUIRE(parsed<HelloCommand>("EHLO client.test"));
  CHECK(parsed<HelloCommand>("EHLO client.test")->extended);
  CHECK(parsed<HelloCommand>("ehlo [127.0.0.1] ")->name == "[127.0.0.1]");
  CHECK_FALSE(parsed<HelloCommand>("HeLo x")->extended);
  CHECK(refusal("EHLO") == 501);
  CHECK(refusal("HELO  ") == 501);
  CHECK(refusal("EHLO two names") == 501);
  CHECK(refusal("EHLO " + std::string(256, 'x')) == 501);
  CHECK(refusal("EHLO \xc3\xa4") == 501);
}

TEST_CASE("MAIL has a path and parameters") {
  CHECK(parsed<MailFromCommand>("MAIL FROM:<joe@x.test>")->path == "joe@x.test");
  CHECK(parsed<MailFromCommand>("mail from: <joe@x.test> ")->path == "joe@x.test");
  CHECK(parsed<MailFromCommand>("MAIL FROM:<>")->path.empty());
  const auto mail = parsed<MailFromCommand>("MAIL FROM:<j@x> size=1000 BODY=8BitMime SMTPUTF8");
  REQUIRE(mail);
  CHECK(mail->size_known);
  CHECK(mail->size == 1000);
  CHECK(mail->eight_bit);
  CHECK(mail->smtputf8);
  CHECK_FALSE(parsed<MailFromCommand>("MAIL FROM:<j@x> BODY=7BIT")->eight_bit);
  CHECK_FALSE(parsed<MailFromCommand>("MAIL FROM:<j@x>")->size_known);
}

TEST_CASE("what MAIL and RCPT cannot be is told by its code") {
  for (const char* line : {"MAIL",
                           "MAIL FROM",
                           "MAIL FROM:",
                           "MAIL TO:<a@b>",
                           "MAIL FROM:a@b",
                           "MAIL FROM <a@b>",
                           "MAIL FROM:<a@b>SIZE=1",
                           "MAIL FROM:<a@b> SIZE",
                           "MAIL FROM:<a@b> SIZE=",
                           "MAIL FROM:<a@b> SIZE=x",
                           "MAIL FROM:<a@b> SIZE=-1",
                           "MAIL FROM:<a@b> SIZE=99999999999999999999999",
                           "MAIL FROM:<a@b> BODY=BINARYMIME",
                           "MAIL FROM:<a@b> SMTPUTF8=yes",
                           "MAIL FROM:<a@b> SIZE=1 SIZE=2",
                           "MAIL FROM:<a@b> SIZE=1 size=1",
                           "RCPT",
                           "RCPT TO:",
                           "RCPT TO:<>",
                           "RCPT FROM:<a@b>",
                           "RCPT TO:<a@b>x",
                           "RCPT TO:<a@b"}) {
    INFO(line);
    CHECK(refusal(line) == 501);
  }
  for (const char* line : {"MAIL FROM:<a@b> RET=HDRS", "MAIL FROM:<a@b> X",
                           "MAIL FROM:<a@b> =", "RCPT TO:<a@b> NOTIFY=NEVER", "RCPT TO:<a@b> x"}) {
    INFO(line);
    CHECK(refusal(line) == 555);
  }
}

TEST_CASE("MAIL may name an author, who says nothing to us") {
  CHECK(parsed<MailFromCommand>("MAIL FROM:<a@b> AUTH=<>")->names_author);
  CHECK(parsed<MailFromCommand>("MAIL FROM:<a@b> auth=e+3Dmc2@example.com")->names_author);
  CHECK_FALSE(parsed<MailFromCommand>("MAIL FROM:<a@b>")->names_author);
  CHECK(refusal("MAIL FROM:<a@b> AUTH") == 501);
  CHECK(refusal("MAIL FROM:<a@b> AUTH=") == 501);
}

TEST_CASE("AUTH has a mechanism, and perhaps a response") {
  CHECK(parsed<AuthCommand>("AUTH PLAIN")->mechanism == "PLAIN");
  CHECK_FALSE(parsed<AuthCommand>("AUTH PLAIN")->response);
  CHECK(parsed<AuthCommand>("auth  login =  ")->response == "=");
  CHECK(parsed<AuthCommand>("AUTH PLAIN AGpvZQB4")->response == "AGpvZQB4");
  for (const char* line : {"AUTH", "AUTH ", "AUTH PLAIN x y"}) CHECK(refusal(line) == 501);
  CHECK(refusal("AUTHPLAIN") == 500);
  CHECK(refusal("AUTH PLAIN x\rNOOP") == 500);
}

TEST_CASE("LHLO is EHLO of another protocol") {
  CHECK(parsed<HelloCommand>("LHLO x")->lmtp);
  CHECK(parsed<HelloCommand>("LHLO x")->extended);
  CHECK_FALSE(parsed<HelloCommand>("EHLO x")->lmtp);
  CHECK(refusal("LHLO") == 501);
}

TEST_CASE("RCPT has a path") {
  CHECK(parsed<RcptCommand>("RCPT TO:<bob@x.test>")->path == "bob@x.test");
  CHECK(parsed<RcptCommand>("rcpt to:\t<bob>")->path == "bob");
}

TEST_CASE("BDAT has a size and perhaps LAST; what cannot be read must not be read on") {
  CHECK(parsed<BdatCommand>("BDAT 10")->size == 10);
  CHECK_FALSE(parsed<BdatCommand>("BDAT 10")->last);
  CHECK(parsed<BdatCommand>("bdat 0 last")->last);
  CHECK(parsed<BdatCommand>("BDAT 18446744073709551615 LAST")->size == std::numeric_limits<std::uint64_t>::max());
  for (const std::string_view line :
       {"BDAT", "BDAT x", "BDAT -1", "BDAT 1 2", "BDAT 1LAST", "BDAT 18446744073709551616", "BDAT 1 LAST x", "BDAT 1\r",
        "BDAT 0x10", "BDAT\v5"}) {
    INFO(line);
    CHECK((parsed<BrokenChunk>(line) || (line == "BDAT\v5" && refusal(line) == 500)));
  }
}

TEST_CASE("commands without arguments take none, those that may have one take any") {
  CHECK(parsed<PlainCommand>("DATA") == PlainCommand::data);
  CHECK(parsed<PlainCommand>("rset ") == PlainCommand::rset);
  CHECK(parsed<PlainCommand>("QuIt") == PlainCommand::quit);
  CHECK(parsed<PlainCommand>("NOOP are you there") == PlainCommand::noop);
  CHECK(parsed<PlainCommand>("VRFY joe") == PlainCommand::vrfy);
  CHECK(parsed<PlainCommand>("HELP me") == PlainCommand::help);
  CHECK(refusal("DATA x") == 501);
  CHECK(refusal("RSET x") == 501);
  CHECK(refusal("QUIT now") == 501);
}

TEST_CASE("what is known and not offered is told from what is not known") {
  for (const char* line : {"STARTTLS", "EXPN list", "ETRN x"}) CHECK(refusal(line) == 502);
  for (const char* line : {"", " ", "FOO", "MAILFROM:<a@b>", " NOOP", "DATA.", "\x80"}) CHECK(refusal(line) == 500);
}

TEST_CASE("a control character that could end a line for somebody else is refused everywhere") {
  CHECK(refusal("NOOP\rQUIT") == 500);
  CHECK(refusal("MAIL FROM:<a@b>\r") == 500);
  CHECK(refusal(std::string_view("NOOP \0", 6)) == 500);
}

TEST_CASE("HTTP ends it all") {
  for (const char* line : {"GET / HTTP/1.1", "POST /x HTTP/1.1", "CONNECT localhost:25 HTTP/1.1", "Host: localhost:25",
                           "User-Agent: x", "get /"}) {
    INFO(line);
    CHECK(parsed<ForeignProtocol>(line));
  }
  CHECK_FALSE(parsed<ForeignProtocol>("MAIL FROM:<a@b>"));
}

}  // namespace
}  // namespace msmtp
