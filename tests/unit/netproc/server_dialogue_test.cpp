// The dialogue: what is answered to which command when, and what is asked of the parent.
#include <catch2/catch.hpp>

#include "netproc/server_dialogue.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace msmtp {
namespace {

Serve settings(std::uint64_t size_limit = 0, std::uint32_t max_recipients = 3) {
  Serve serve;
  serve.name = *Line<max_host>::from("here.test");
  serve.program = *Line<64>::from("msmtpd");
  serve.size_limit = size_limit;
  serve.max_recipients = max_recipients;
  return serve;
}

ClientAnswer answer(std::uint16_t code) {
  return {code, *Line<ClientAnswer::max_text>::from("x")};
}

ServerAction act(ServerDialogue& dialogue, std::string_view line) {
  return dialogue.act(parse_server_command(line));
}

// The code that LINE is answered with at once; 0 when something else happens.
int code_of(ServerDialogue& dialogue, std::string_view line) {
  const ServerAction action = act(dialogue, line);
  const auto* said = std::get_if<Say>(&action);
  return said == nullptr ? 0 : said->reply.code;
}

template <class Wanted>
bool does(ServerDialogue& dialogue, std::string_view line) {
  return std::holds_alternative<Wanted>(act(dialogue, line));
}

// A dialogue in which a mail and COUNT recipients were accepted.
ServerDialogue with_mail(int count, const Serve& serve = settings()) {
  ServerDialogue dialogue(serve);
  REQUIRE(code_of(dialogue, "EHLO client.test") == 250);
  REQUIRE(does<AskForMail>(dialogue, "MAIL FROM:<a@b>"));
  dialogue.mail_answered(answer(250));
  for (int i = 0; i < count; ++i) {
    REQUIRE(does<AskForRecipient>(dialogue, "RCPT TO:<c@d>"));
    dialogue.recipient_answered(answer(250));
  }
  return dialogue;
}

TEST_CASE("the greeting names the server") {
  CHECK(ServerDialogue(settings()).greeting() == ServerReply{220, "here.test ESMTP msmtpd"});
}

TEST_CASE("EHLO tells what there is, HELO does not") {
  ServerDialogue dialogue(settings(1000));
  const ServerAction extended = act(dialogue, "EHLO x");
  CHECK(std::get<Say>(extended).reply.text ==
        "here.test\nPIPELINING\nSIZE 1000\n8BITMIME\nSMTPUTF8\nCHUNKING\nENHANCEDSTATUSCODES");
  const ServerAction plain = act(dialogue, "HELO x");
  CHECK(std::get<Say>(plain).reply == ServerReply{250, "here.test"});
  ServerDialogue unlimited(settings());
  const ServerAction without = act(unlimited, "EHLO x");
  CHECK(std::get<Say>(without).reply.text.find("\nSIZE\n") != std::string::npos);
}

TEST_CASE("what the parent is asked has all that MAIL and RCPT said") {
  ServerDialogue dialogue(settings());
  act(dialogue, "EHLO client.test");
  const ServerAction asked = act(dialogue, "MAIL FROM:<a@b> SIZE=7 BODY=8BITMIME SMTPUTF8");
  const NewMail& mail = std::get<AskForMail>(asked).mail;
  CHECK(mail.reverse_path.view() == "a@b");
  CHECK((mail.size_known && mail.size == 7 && mail.eight_bit && mail.smtputf8 && mail.extended));
  CHECK(mail.client_name.view() == "client.test");
  dialogue.mail_answered(answer(250));
  const ServerAction recipient = act(dialogue, "RCPT TO:<c@d>");
  CHECK(std::get<AskForRecipient>(recipient).recipient.forward_path.view() == "c@d");
}

TEST_CASE("a command out of order is refused, and the session goes on") {
  ServerDialogue dialogue(settings());
  CHECK(code_of(dialogue, "MAIL FROM:<a@b>") == 503);
  CHECK(code_of(dialogue, "RCPT TO:<a@b>") == 503);
  CHECK(code_of(dialogue, "DATA") == 503);
  CHECK(code_of(dialogue, "EHLO x") == 250);
  CHECK(code_of(dialogue, "RCPT TO:<a@b>") == 503);
  CHECK(code_of(dialogue, "DATA") == 503);
  ServerDialogue in_mail = with_mail(0);
  CHECK(code_of(in_mail, "MAIL FROM:<a@b>") == 503);
  CHECK(code_of(in_mail, "DATA") == 554);
  CHECK(in_mail.has_mail());
}

TEST_CASE("NOOP, VRFY, HELP and QUIT are answered in every state") {
  ServerDialogue fresh(settings());
  ServerDialogue in_mail = with_mail(1);
  for (ServerDialogue* dialogue : {&fresh, &in_mail}) {
    CHECK(code_of(*dialogue, "NOOP x") == 250);
    CHECK(code_of(*dialogue, "VRFY joe") == 252);
    CHECK(code_of(*dialogue, "HELP") == 214);
    const ServerAction left = act(*dialogue, "QUIT");
    CHECK(std::get<Close>(left).reply.code == 221);
    CHECK(std::get<Close>(left).reason.empty());
  }
}

TEST_CASE("RSET and EHLO end a mail, and the parent is told; without one it is not") {
  for (const std::string_view line : {"RSET", "EHLO again", "HELO again"}) {
    ServerDialogue dialogue = with_mail(1);
    const ServerAction ended = act(dialogue, line);
    CHECK(std::get<Say>(ended).abandons);
    CHECK_FALSE(dialogue.has_mail());
    const ServerAction again = act(dialogue, line);
    CHECK_FALSE(std::get<Say>(again).abandons);
    CHECK(does<AskForMail>(dialogue, "MAIL FROM:<a@b>"));
  }
}

TEST_CASE("a mail that the parent refuses is none") {
  ServerDialogue dialogue(settings());
  act(dialogue, "EHLO x");
  act(dialogue, "MAIL FROM:<a@b>");
  CHECK(dialogue.mail_answered(answer(553)).reply.code == 553);
  CHECK_FALSE(dialogue.has_mail());
  CHECK(code_of(dialogue, "RCPT TO:<c@d>") == 503);
}

TEST_CASE("a recipient that the parent refuses does not count") {
  ServerDialogue dialogue = with_mail(0);
  act(dialogue, "RCPT TO:<c@d>");
  dialogue.recipient_answered(answer(553));
  CHECK(code_of(dialogue, "DATA") == 554);
}

TEST_CASE("there are so many recipients and no more") {
  ServerDialogue dialogue = with_mail(3);
  CHECK(code_of(dialogue, "RCPT TO:<c@d>") == 452);
  CHECK(does<TakeData>(dialogue, "DATA"));
}

TEST_CASE("a mail that says that it is too large is refused at once") {
  ServerDialogue dialogue(settings(1000));
  act(dialogue, "EHLO x");
  CHECK(code_of(dialogue, "MAIL FROM:<a@b> SIZE=1001") == 552);
  CHECK(does<AskForMail>(dialogue, "MAIL FROM:<a@b> SIZE=1000"));
}

TEST_CASE("after the content there is no mail, whatever became of it") {
  for (const std::uint16_t code : {250, 451, 554}) {
    ServerDialogue dialogue = with_mail(1);
    REQUIRE(does<TakeData>(dialogue, "DATA"));
    CHECK(dialogue.content_answered(answer(code)).reply.code == code);
    CHECK(code_of(dialogue, "DATA") == 503);
    CHECK(does<SkipChunk>(dialogue, "BDAT 5 LAST"));
    CHECK(does<AskForMail>(dialogue, "MAIL FROM:<a@b>"));
  }
  ServerDialogue dialogue = with_mail(1);
  CHECK(dialogue.content_given_up({552, "5.3.4 x"}, true).reply.code == 552);
  CHECK_FALSE(dialogue.has_mail());
}

TEST_CASE("the first chunk is told from the others, and nothing else comes between but what is harmless") {
  ServerDialogue dialogue = with_mail(1);
  const ServerAction first = act(dialogue, "BDAT 5");
  CHECK((std::get<TakeChunk>(first).first && !std::get<TakeChunk>(first).last));
  CHECK(code_of(dialogue, "DATA") == 503);
  CHECK(code_of(dialogue, "RCPT TO:<c@d>") == 503);
  CHECK(code_of(dialogue, "MAIL FROM:<a@b>") == 503);
  CHECK(code_of(dialogue, "NOOP") == 250);
  const ServerAction last = act(dialogue, "BDAT 0 LAST");
  CHECK((!std::get<TakeChunk>(last).first && std::get<TakeChunk>(last).last));
}

TEST_CASE("octets of a chunk that is refused are skipped, not obeyed") {
  ServerDialogue dialogue(settings());
  act(dialogue, "EHLO x");
  const ServerAction skipped = act(dialogue, "BDAT 70 LAST");
  CHECK(std::get<SkipChunk>(skipped).size == 70);
  CHECK(std::get<SkipChunk>(skipped).reply.code == 503);
  ServerDialogue nobody = with_mail(0);
  CHECK(does<SkipChunk>(nobody, "BDAT 70"));
  CHECK(does<Close>(nobody, "BDAT much"));
}

TEST_CASE("too many errors end the session, and a mail that was accepted forgives them") {
  ServerDialogue dialogue = with_mail(1);
  for (int i = 1; i < ServerDialogue::max_errors; ++i) REQUIRE(code_of(dialogue, "FOO") == 500);
  dialogue.content_answered(answer(250));
  for (int i = 1; i < ServerDialogue::max_errors; ++i) REQUIRE(code_of(dialogue, "FOO") == 500);
  const ServerAction last = act(dialogue, "FOO");
  REQUIRE(std::holds_alternative<Close>(last));
  CHECK(std::get<Close>(last).reply.code == 421);
  CHECK_FALSE(std::get<Close>(last).reason.empty());
}

TEST_CASE("recipients that are refused are errors too, and so are chunks for nobody") {
  ServerDialogue dialogue = with_mail(0);
  for (int i = 1; i < ServerDialogue::max_errors; ++i) {
    REQUIRE(does<AskForRecipient>(dialogue, "RCPT TO:<c@d>"));
    dialogue.recipient_answered(answer(553));
  }
  CHECK(does<Close>(dialogue, "BDAT 1000000"));
}

Serve with_login() {
  Serve serve = settings();
  serve.login = true;
  return serve;
}

Serve lmtp() {
  Serve serve = settings();
  serve.lmtp = true;
  return serve;
}

std::string text_of(const ServerAction& action) {
  return std::get<Say>(action).reply.text;
}

TEST_CASE("AUTH is offered where clients have to log in, and not known elsewhere") {
  ServerDialogue dialogue(with_login());
  CHECK(text_of(act(dialogue, "EHLO x")).ends_with("\nAUTH SCRAM-SHA-256 PLAIN LOGIN"));
  CHECK(text_of(act(dialogue, "HELP")).find("AUTH") != std::string::npos);
  ServerDialogue open(settings());
  CHECK(code_of(open, "AUTH PLAIN") == 502);
  CHECK(text_of(act(open, "EHLO x")).find("AUTH") == std::string::npos);
  CHECK(code_of(open, "AUTH PLAIN") == 502);
  CHECK(code_of(open, "MAIL FROM:<a@b> AUTH=<>") == 555);
}

TEST_CASE("before a login there is no mail, and what is harmless goes on") {
  ServerDialogue dialogue(with_login());
  CHECK(code_of(dialogue, "AUTH PLAIN") == 503);
  CHECK(code_of(dialogue, "MAIL FROM:<a@b>") == 503);
  CHECK(code_of(dialogue, "VRFY joe") == 530);
  for (const std::string_view hello : {"EHLO x", "HELO x"}) {
    CHECK(code_of(dialogue, hello) == 250);
    for (const std::string_view line : {"MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "VRFY joe"}) {
      CHECK(code_of(dialogue, line) == 530);
    }
    CHECK(code_of(dialogue, "NOOP") == 250);
    CHECK(code_of(dialogue, "RSET") == 250);
    CHECK(code_of(dialogue, "HELP") == 214);
  }
  const ServerAction skipped = act(dialogue, "BDAT 70 LAST");
  CHECK(std::get<SkipChunk>(skipped).size == 70);
  CHECK(std::get<SkipChunk>(skipped).reply.code == 530);
  CHECK(does<Close>(dialogue, "QUIT"));
}

TEST_CASE("a login is asked for with its mechanism and response") {
  ServerDialogue dialogue(with_login());
  act(dialogue, "EHLO x");
  CHECK(code_of(dialogue, "AUTH CRAM-MD5") == 504);
  CHECK(code_of(dialogue, "AUTH") == 501);
  const ServerAction bare = act(dialogue, "AUTH scram-sha-256");
  CHECK(std::get<TakeLogin>(bare).mechanism == Mechanism::scram_sha_256);
  CHECK_FALSE(std::get<TakeLogin>(bare).response);
  const std::string line = "AUTH PLAIN AGpvZQB4";
  const ServerAction full = act(dialogue, line);
  CHECK(std::get<TakeLogin>(full).response == "AGpvZQB4");
}

TEST_CASE("after a login there are mails, and no second one") {
  ServerDialogue dialogue(with_login());
  act(dialogue, "EHLO x");
  CHECK(std::get<Say>(dialogue.login_ended(LoginEnd::accepted)).reply.code == 235);
  CHECK(code_of(dialogue, "AUTH PLAIN") == 503);
  CHECK(does<AskForMail>(dialogue, "MAIL FROM:<a@b> AUTH=<>"));
  dialogue.mail_answered(answer(250));
  CHECK(code_of(dialogue, "AUTH PLAIN") == 503);
  CHECK(code_of(dialogue, "EHLO again") == 250);
  CHECK(does<AskForMail>(dialogue, "MAIL FROM:<a@b>"));
}

TEST_CASE("how a login ended is told, and then it may be tried again") {
  ServerDialogue dialogue(with_login());
  act(dialogue, "EHLO x");
  const auto code = [&](LoginEnd end) { return std::get<Say>(dialogue.login_ended(end)).reply.code; };
  CHECK(code(LoginEnd::refused) == 535);
  CHECK(code(LoginEnd::cancelled) == 501);
  CHECK(code(LoginEnd::malformed) == 501);
  CHECK(code(LoginEnd::too_long) == 500);
  CHECK(code(LoginEnd::unavailable) == 454);
  CHECK(code_of(dialogue, "MAIL FROM:<a@b>") == 530);
  CHECK(does<TakeLogin>(dialogue, "AUTH PLAIN"));
}

TEST_CASE("too many failed logins end the session") {
  ServerDialogue dialogue(with_login());
  act(dialogue, "EHLO x");
  for (int i = 1; i < max_failed_logins; ++i) {
    CHECK(std::get<Say>(dialogue.login_ended(LoginEnd::refused)).reply.code == 535);
  }
  const ServerAction last = dialogue.login_ended(LoginEnd::refused);
  CHECK(std::get<Close>(last).reply.code == 421);
  CHECK_FALSE(std::get<Close>(last).reason.empty());
}

TEST_CASE("LMTP has LHLO, and neither EHLO nor HELO; SMTP the other way round") {
  ServerDialogue dialogue(lmtp());
  CHECK(dialogue.greeting().text == "here.test LMTP msmtpd");
  CHECK(code_of(dialogue, "EHLO x") == 500);
  CHECK(code_of(dialogue, "HELO x") == 500);
  CHECK(code_of(dialogue, "MAIL FROM:<a@b>") == 503);
  CHECK(code_of(dialogue, "LHLO x") == 250);
  CHECK(does<AskForMail>(dialogue, "MAIL FROM:<a@b>"));
  ServerDialogue other(settings());
  CHECK(code_of(other, "LHLO x") == 500);
}

ServerDialogue lmtp_mail(int recipients) {
  ServerDialogue dialogue(lmtp());
  act(dialogue, "LHLO x");
  act(dialogue, "MAIL FROM:<a@b>");
  dialogue.mail_answered(answer(250));
  for (int i = 0; i < recipients; ++i) {
    act(dialogue, "RCPT TO:<c@d>");
    dialogue.recipient_answered(answer(250));
  }
  act(dialogue, "RCPT TO:<refused@d>");
  dialogue.recipient_answered(answer(553));
  return dialogue;
}

TEST_CASE("LMTP has a reply for each recipient that was accepted, once the mail has come") {
  ServerDialogue taken = lmtp_mail(2);
  CHECK(does<TakeData>(taken, "DATA"));
  CHECK(taken.content_answered(answer(250)).times == 2);
  CHECK_FALSE(taken.has_mail());
  CHECK(lmtp_mail(3).content_given_up({552, "x"}, true).times == 3);
  CHECK(lmtp_mail(3).content_given_up({552, "x"}, false).times == 1);
  CHECK(lmtp_mail(3).content_unwanted(answer(451), true).times == 3);
  CHECK(lmtp_mail(3).content_unwanted(answer(451), false).times == 1);
  CHECK(code_of(*std::make_unique<ServerDialogue>(lmtp_mail(0)), "DATA") == 554);
  CHECK(with_mail(3).content_answered(answer(250)).times == 1);
}

TEST_CASE("the end of the server is told with its name") {
  CHECK(ServerDialogue(settings()).farewell() == ServerReply{421, "4.3.2 msmtpd is about to end"});
}

TEST_CASE("HTTP is told so, once") {
  ServerDialogue dialogue(settings());
  const ServerAction action = act(dialogue, "POST / HTTP/1.1");
  CHECK(std::get<Close>(action).reply.code == 554);
}

TEST_CASE("a reply on the wire is lines with the code, printable and short") {
  CHECK(wire_form({250, "one"}) == "250 one\r\n");
  CHECK(wire_form({250, "one\ntwo"}) == "250-one\r\n250 two\r\n");
  CHECK(wire_form({554, "a\rb\x1b\xc3\xa4"}) == "554 a?b???\r\n");
  CHECK(wire_form({250, std::string(1000, 'x')}).size() == 506);
}

}  // namespace
}  // namespace msmtp
