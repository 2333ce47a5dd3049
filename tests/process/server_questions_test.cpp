// What the parent asks a server for besides a mail, with helpers that die, fall silent and lie.
#include "parent/server_questions.hpp"
#include "tests/process/played_crew.hpp"

#include <criterion/criterion.h>

#include <chrono>
#include <functional>
#include <string>

using namespace msmtp;
using namespace msmtp::test;
using namespace std::chrono_literals;

namespace {

constexpr int heard_wrong_message = 9;
constexpr std::string_view peer_resolver = "msmtp-resolver[peer-name]";

Account account_of_test() {
  Account account;
  account.host = "127.0.0.1";
  account.port = 25;
  account.timeout = 1;
  return account;
}

template <class Message, class End>
Message hear(End& end) {
  auto message = end.template expect_one<Message>(in_ten_seconds());
  if (!message) _exit(heard_wrong_message);
  return std::move(*message);
}

void come_to_capabilities(NetprocEnd& end) {
  hear<Connect>(end);
  (void)end.send(Connected{false, {Family::ipv4, {127, 0, 0, 1}, 0}});
  Capabilities offer;
  offer.extended = offer.etrn = true;
  offer.greeting = Text<1024>::cut("hello");
  (void)end.send(offer);
}

void leave(NetprocEnd& end) {
  come_to_capabilities(end);
  hear<Leave>(end);
  (void)end.send(Left{});
}

Result<std::string> information(PlayedCrew& played) {
  const Account account = account_of_test();
  const Console console("msmtp");
  std::optional<Secured> secured;
  ServerSession session(played.crew, console, account, 200ms, [&](const Secured& facts) { secured = facts; });
  NameQuestions names(played.crew);
  auto text = ask_for_information(session, names, account, secured);
  if (!text) return Unexpected{session.explain(std::move(text).error())};
  return text;
}

Result<void> queue(PlayedCrew& played, const std::string& argument = "@example.test") {
  const Account account = account_of_test();
  const Console console("msmtp");
  ServerSession session(played.crew, console, account, 200ms, [](const Secured&) {});
  auto done = ask_to_start_queue(session, account, argument);
  if (!done) return Unexpected{session.explain(std::move(done).error())};
  return done;
}

template <class T>
void expect_error(const Result<T>& result, ExitCode code, const std::string& text) {
  cr_assert(!result.has_value(), "it went well");
  cr_expect(result.error().text == text, "'%s'", result.error().text.c_str());
  cr_expect(result.error().code == code, "code %d", static_cast<int>(result.error().code));
}

const std::string nameless =
    "SMTP server at 127.0.0.1 ([127.0.0.1]), port 25:\n    hello\n"
    "Capabilities:\n    ETRN:\n        Support for RMQS (Remote Message Queue Starting)\n";

}  // namespace

Test(server_questions, honest_helpers_inform, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc(leave);
  played.play_peer_resolver(peer_resolver, [](ResolverEnd& end) {
    const AskPeerName question = hear<AskPeerName>(end);
    if (question.endpoint.address[0] != 127) _exit(heard_wrong_message);
    (void)end.send(PeerName{*Line<max_host>::from("mx.test")});
  });
  const auto text = information(played);
  cr_assert(text.has_value(), "%s", text.error().text.c_str());
  cr_expect(text->starts_with("SMTP server at 127.0.0.1 (mx.test [127.0.0.1]), port 25:\n    hello\n"), "%s",
            text->c_str());
}

Test(server_questions, a_name_that_is_not_to_be_had_is_left_out, .timeout = 30) {
  const std::function<void(ResolverEnd&)> scripts[] = {
      [](ResolverEnd& end) {
        hear<AskPeerName>(end), (void)end.send(Failed{ExitCode::no_host, {}, {}});
      },
      [](ResolverEnd& end) { hear<AskPeerName>(end), pause(); },
  };
  for (const auto& script : scripts) {
    PlayedCrew played;
    played.play_netproc(leave);
    played.play_peer_resolver(peer_resolver, script);
    const auto text = information(played);
    cr_assert(text.has_value(), "%s", text.error().text.c_str());
    cr_expect(*text == nameless, "%s", text->c_str());
  }
}

Test(server_questions, a_resolver_that_is_lost_or_lies_is_named, .timeout = 30) {
  PlayedCrew dead;
  dead.play_netproc(leave);
  dead.play_resolver([](ResolverEnd&) {});  // another one, which has ended well
  dead.play_peer_resolver(peer_resolver, [](ResolverEnd& end) { hear<AskPeerName>(end), kill(getpid(), SIGKILL); });
  expect_error(information(dead), ExitCode::software, "msmtp-resolver[peer-name] was killed by signal 9");
  PlayedCrew lying;
  lying.play_netproc(leave);
  lying.play_peer_resolver(peer_resolver, [](ResolverEnd& end) { hear<AskPeerName>(end), (void)end.send(OwnName{}); });
  expect_error(information(lying), ExitCode::software, "msmtp-resolver[peer-name] has sent OwnName at the wrong time");
}

Test(server_questions, nothing_is_told_before_the_server_was_left, .timeout = 30) {
  PlayedCrew dead;
  dead.play_netproc([](NetprocEnd& end) { come_to_capabilities(end), hear<Leave>(end), kill(getpid(), SIGSEGV); });
  expect_error(information(dead), ExitCode::software, "msmtp-netproc was killed by signal 11");
  PlayedCrew lying;
  lying.play_netproc([](NetprocEnd& end) { come_to_capabilities(end), (void)end.send(QueueStarted{}), pause(); });
  expect_error(information(lying), ExitCode::software, "msmtp-netproc has sent QueueStarted at the wrong time");
  PlayedCrew silent;
  silent.play_netproc([](NetprocEnd& end) { come_to_capabilities(end), pause(); });
  expect_error(information(silent), ExitCode::software, "msmtp-netproc does not answer");
}

Test(server_questions, a_queue_is_started_when_the_network_child_says_so, .timeout = 30) {
  PlayedCrew honest;
  honest.play_netproc([](NetprocEnd& end) {
    come_to_capabilities(end);
    if (hear<QueueStart>(end).argument.view() != "@example.test") _exit(heard_wrong_message);
    (void)end.send(QueueStarted{});
  });
  cr_expect(queue(honest).has_value());
  PlayedCrew lying;
  lying.play_netproc([](NetprocEnd& end) { come_to_capabilities(end), hear<QueueStart>(end), (void)end.send(Left{}); });
  expect_error(queue(lying), ExitCode::software, "msmtp-netproc has sent Left at the wrong time");
  PlayedCrew failing;
  failing.play_netproc([](NetprocEnd& end) {
    come_to_capabilities(end), hear<QueueStart>(end);
    (void)end.send(Failed{ExitCode::data_error, Text<4096>::cut("no such queue"), {}});
  });
  expect_error(queue(failing), ExitCode::data_error, "no such queue");
}

Test(server_questions, an_argument_that_no_command_holds_reaches_nobody, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd& end) { hear<Connect>(end); });
  expect_error(queue(played, std::string(max_queue_argument + 1, 'x')), ExitCode::data_error,
               "the argument of --rmqs is too long");
  expect_error(queue(played, "a\nb"), ExitCode::data_error, "the argument of --rmqs is too long");
}

Test(server_questions, the_name_of_this_machine_is_asked_for_once_and_has_a_substitute, .timeout = 30) {
  PlayedCrew played;
  played.play_own_resolver("msmtp-resolver[own-name]",
                           [](ResolverEnd& end) { (void)end.send(OwnName{*Line<max_host>::from("me.test")}); });
  NameQuestions names(played.crew);
  cr_expect(names.own_name(1).value() == "me.test");
  cr_expect(names.own_name(1).value() == "me.test");
  setenv("HOSTNAME", "substitute", 1);
  PlayedCrew failing;
  failing.play_own_resolver("msmtp-resolver[own-name]", [](ResolverEnd& end) {
    (void)end.send(Failed{ExitCode::no_host, {}, {}});
  });
  cr_expect(NameQuestions(failing.crew).own_name(1).value() == "substitute");
  PlayedCrew none;
  cr_expect(NameQuestions(none.crew).own_name(1).value() == "substitute");
  PlayedCrew dead;
  dead.play_own_resolver("msmtp-resolver[own-name]", [](ResolverEnd&) { _exit(3); });
  expect_error(NameQuestions(dead.crew).own_name(1), ExitCode::software,
               "msmtp-resolver[own-name] ended with status 3");
}
