// The beginning of a session with servers that behave, that do not, and that attack.
#include <catch2/catch.hpp>

#include "fake_server.hpp"
#include "netproc/smtp_hello.hpp"

namespace msmtp {
namespace {

using Commands = std::vector<std::string>;

struct Dialogue {
  explicit Dialogue(std::deque<std::string> replies)
      : server(std::move(replies), true), connection(server, Timers(1), DialogueTrace::off()) {}
  Result<Capabilities> greet_and_hello(Protocol protocol = Protocol::smtp) {
    TRY(await_greeting(connection));
    return say_hello(connection, protocol, *Line<max_host>::from("me.test"));
  }
  FakeServer server;
  SmtpConnection connection;
};

TEST_CASE("greeting and EHLO give the capabilities") {
  Dialogue dialogue({"220-mail.test ESMTP\r\n220 hello\r\n", "250-mail.test\r\n250 PIPELINING\r\n"});
  CHECK(await_greeting(dialogue.connection).value() == "mail.test ESMTP");
  CHECK(say_hello(dialogue.connection, Protocol::smtp, *Line<max_host>::from("me.test"))->pipelining);
  CHECK(dialogue.server.commands == Commands{"EHLO me.test"});
}

TEST_CASE("nothing is said before the greeting") {
  Dialogue dialogue({""});
  const auto offer = dialogue.greet_and_hello();
  CHECK(offer.error().code == ExitCode::io_error);
  dialogue.connection.leave();
  CHECK(dialogue.server.writes.empty());
}

TEST_CASE("a greeting other than 220 is EX_PROTOCOL with the server's words, and QUIT is said") {
  const std::string greeting = GENERATE("554 no service\r\n", "421 too busy\r\n", "250 hi\r\n");
  Dialogue dialogue({greeting});
  const auto offer = dialogue.greet_and_hello();
  REQUIRE_FALSE(offer);
  CHECK(offer.error().code == ExitCode::protocol);
  CHECK(offer.error().server_reply == greeting.substr(0, greeting.size() - 2));
  dialogue.connection.leave();
  CHECK(dialogue.server.commands == Commands{"QUIT"});
  CHECK(dialogue.server.closed_by_client);
}

TEST_CASE("a greeting that is no reply is EX_PROTOCOL, and nothing is answered") {
  const std::string greeting = GENERATE("HTTP/1.1 400 Bad Request\r\n", "220\x01\r\n", "\r\n");
  Dialogue dialogue({greeting});
  const auto offer = dialogue.greet_and_hello();
  CHECK(offer.error().code == ExitCode::protocol);
  dialogue.connection.leave();
  CHECK(dialogue.server.writes.empty());
}

TEST_CASE("a server that closes the connection before or in its greeting is EX_PROTOCOL") {
  FakeServer server({});
  if (GENERATE(false, true)) server.push("220-mail.test\r\n220");
  server.hang_up_now();
  SmtpConnection connection(server, Timers(1), DialogueTrace::off());
  const auto greeting = await_greeting(connection);
  REQUIRE_FALSE(greeting);
  CHECK(greeting.error().code == ExitCode::protocol);
  CHECK(greeting.error().text.find("greeting") != std::string::npos);
  CHECK(greeting.error().text.find("closed the connection") != std::string::npos);
}

TEST_CASE("where EHLO is refused HELO is tried, and offers nothing") {
  Dialogue dialogue({"220 x\r\n", "502 what\r\n", "250 DSN\r\n"});
  const auto offer = dialogue.greet_and_hello();
  REQUIRE(offer);
  CHECK(*offer == Capabilities());
  CHECK(dialogue.server.commands == Commands{"EHLO me.test", "HELO me.test"});
}

TEST_CASE("where both are refused it is EX_PROTOCOL") {
  Dialogue dialogue({"220 x\r\n", "502 what\r\n", "550 go away\r\n"});
  const auto offer = dialogue.greet_and_hello();
  CHECK(offer.error().code == ExitCode::protocol);
  CHECK(offer.error().server_reply == "550 go away");
}

TEST_CASE("a server that shuts down at EHLO is not asked again") {
  Dialogue dialogue({"220 x\r\n", "421 shutting down\r\n"});
  const auto offer = dialogue.greet_and_hello();
  CHECK(offer.error().code == ExitCode::protocol);
  CHECK(offer.error().server_reply == "421 shutting down");
  CHECK(dialogue.server.commands.size() == 1);
}

TEST_CASE("LMTP says LHLO and has no second way") {
  Dialogue dialogue({"220 x\r\n", "250-x\r\n250 DSN\r\n"});
  CHECK(dialogue.greet_and_hello(Protocol::lmtp)->dsn);
  CHECK(dialogue.server.commands == Commands{"LHLO me.test"});
  Dialogue refusing({"220 x\r\n", "500 what\r\n"});
  const auto offer = refusing.greet_and_hello(Protocol::lmtp);
  CHECK(offer.error().code == ExitCode::protocol);
  CHECK(offer.error().text == "command LHLO failed");
}

TEST_CASE("a second greeting is not taken for the reply to EHLO") {
  Dialogue dialogue({"220 x\r\n250 y\r\n", "250 z\r\n"});
  const auto offer = dialogue.greet_and_hello();
  REQUIRE_FALSE(offer);
  CHECK(offer.error().code == ExitCode::protocol);
  CHECK(dialogue.server.commands.empty());
}

TEST_CASE("replies may come byte by byte") {
  Dialogue dialogue({"220 x\r\n", "250-x\r\n250 DSN\r\n"});
  dialogue.server.one_byte_at_a_time = true;
  CHECK(dialogue.greet_and_hello()->dsn);
}

TEST_CASE("STARTTLS that is not offered is EX_UNAVAILABLE, with QUIT") {
  Dialogue dialogue({"220 x\r\n", "250 x\r\n"});
  const auto offer = dialogue.greet_and_hello();
  const auto asked = ask_for_tls(dialogue.connection, *offer);
  CHECK(asked.error().code == ExitCode::unavailable);
  dialogue.connection.leave();
  CHECK(dialogue.server.commands == Commands{"EHLO me.test", "QUIT"});
}

TEST_CASE("STARTTLS that is refused is EX_PROTOCOL") {
  const std::string reply = GENERATE("454 not now\r\n", "500 what\r\n", "250 fine\r\n");
  Dialogue dialogue({"220 x\r\n", "250-x\r\n250 STARTTLS\r\n", reply});
  const auto offer = dialogue.greet_and_hello();
  const auto asked = ask_for_tls(dialogue.connection, *offer);
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ExitCode::protocol);
  CHECK(asked.error().text == "command STARTTLS failed");
}

TEST_CASE("plaintext behind the reply to STARTTLS ends the session without a word") {
  const std::string rest = GENERATE("250 SIZE 1\r\n", "2", "\r\n");
  const std::string separator = GENERATE("", "\f");  // in our buffer already, or still in the socket
  Dialogue dialogue({"220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n" + separator + rest});
  const auto offer = dialogue.greet_and_hello();
  const auto asked = ask_for_tls(dialogue.connection, *offer);
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ExitCode::protocol);
  dialogue.connection.leave();
  CHECK(dialogue.server.commands == Commands{"EHLO me.test", "STARTTLS"});
}

TEST_CASE("nothing that was read before TLS is read after it") {
  Dialogue dialogue({"220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n"});
  const auto offer = dialogue.greet_and_hello();
  REQUIRE(ask_for_tls(dialogue.connection, *offer));
  FakeServer secured({"250-x\r\n250 DSN\r\n"});
  dialogue.connection.switch_to(secured);
  const auto again = say_hello(dialogue.connection, Protocol::smtp, *Line<max_host>::from("me.test"));
  CHECK(again->dsn);
  CHECK_FALSE(again->starttls);
  dialogue.connection.leave();
  CHECK(secured.commands == Commands{"EHLO me.test", "QUIT"});
}

}  // namespace
}  // namespace msmtp
