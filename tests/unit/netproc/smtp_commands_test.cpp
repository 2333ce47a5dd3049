// Commands: which parameters stand in them, and how long they may be.
#include <catch2/catch.hpp>

#include "netproc/smtp_commands.hpp"

namespace msmtp {
namespace {

Envelope envelope_from(std::string_view path) {
  Envelope envelope;
  envelope.reverse_path = *Line<max_mailbox>::from(path);
  return envelope;
}

std::string mail(const Envelope& envelope, const Capabilities& offer) {
  return mail_command(envelope, offer)->str();
}

TEST_CASE("MAIL has only what is offered and asked for") {
  Envelope envelope = envelope_from("a@x.test");
  Capabilities everything;
  everything.dsn = everything.size = everything.eight_bit_mime = everything.smtputf8 = true;
  CHECK(mail(envelope, everything) == "MAIL FROM:<a@x.test>");
  envelope.size_known = envelope.eight_bit = envelope.smtputf8 = true;
  envelope.size = 1234;
  envelope.dsn_return = *Line<64>::from("HDRS");
  CHECK(mail(envelope, everything) == "MAIL FROM:<a@x.test> RET=HDRS SIZE=1234 BODY=8BITMIME SMTPUTF8");
  CHECK(mail(envelope, Capabilities()) == "MAIL FROM:<a@x.test>");
}

TEST_CASE("the null reverse-path is a pair of brackets") {
  CHECK(mail(envelope_from(""), Capabilities()) == "MAIL FROM:<>");
}

TEST_CASE("RCPT carries the notification that is asked for") {
  Envelope envelope;
  const Recipient recipient{*Line<max_mailbox>::from("b@y.test")};
  CHECK(rcpt_command(recipient, envelope)->str() == "RCPT TO:<b@y.test>");
  envelope.dsn_notify = *Line<64>::from("SUCCESS,DELAY");
  CHECK(rcpt_command(recipient, envelope)->str() == "RCPT TO:<b@y.test> NOTIFY=SUCCESS,DELAY");
}

TEST_CASE("an address cannot end its brackets and add a parameter") {
  const std::string path =
      GENERATE(as<std::string>(), "a@x.test> SIZE=1", "a@x.test>", "<a@x.test", "a b@x.test", "a\tb@x.test",
               "\"a\" b@x.test", "\"a@x.test", "\"a\\\"@x.test", "\"a\\\\\"> \"b\"@x.test");
  INFO(path);
  CHECK(mail_command(envelope_from(path), Capabilities()).error().code == ExitCode::data_error);
  CHECK(rcpt_command({*Line<max_mailbox>::from(path)}, Envelope()).error().code == ExitCode::data_error);
}

TEST_CASE("a quoted local part may hold anything") {
  const std::string path =
      GENERATE(as<std::string>(), "\"a b\"@x.test", "\"<a>\"@x.test", "\"a\\\" b\"@x.test", "a'b@x.test",
               "gr\xc3\xbc\xc3\x9f@x.test", "user@[IPv6:::1]", "@a.test,@b.test:c@d.test");
  CHECK(mail(envelope_from(path), Capabilities()) == "MAIL FROM:<" + path + ">");
}

TEST_CASE("the longest address that a message can carry makes a command") {
  const auto command = mail_command(envelope_from(std::string(max_mailbox, 'a')), Capabilities());
  REQUIRE(command);
  CHECK(command->view().size() == max_mailbox + 12);
}

TEST_CASE("names go into their greetings") {
  const auto name = *Line<max_host>::from("me.test");
  CHECK(ehlo_command(name)->str() == "EHLO me.test");
  CHECK(helo_command(name)->str() == "HELO me.test");
  CHECK(lhlo_command(name)->str() == "LHLO me.test");
}

}  // namespace
}  // namespace msmtp
