// The parent's part of a submission, with helpers that die, fall silent, lie and fail at every step: it always ends in
// one error that says who it was and what has become of the mail.
#include "parent/submission.hpp"
#include "tests/process/played_crew.hpp"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <chrono>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

using namespace msmtp;
using namespace msmtp::test;
using namespace std::chrono_literals;

namespace {

// Where the helper misbehaves instead of doing its part.
enum class Step : std::uint8_t {
  connected,
  secured,
  capabilities,
  authenticated,
  body_wanted,
  body,
  body_sent,
  delivered,  // netproc
  acquired,
  sealed,
  completed,  // authproc
  resolved,   // resolver
  never,
};

enum class Misdeed : std::uint8_t {
  exits,
  is_killed,
  is_silent,
  closes,
  says_something_else,
  says_nonsense,
  says_nothing_in_a_packet,
  sends_a_descriptor,
  says_too_much,
  fails,
  fails_successfully,
};

constexpr int exit_status_of_misdeed = 3;

Failed failure(ExitCode code) {
  return {code, Text<4096>::cut("it did not \x1b[31mwork\x07"), Text<max_reply_text>::cut("550 no\n550 really")};
}

void send_a_descriptor(const Fd& socket) {
  char byte = '\0';
  iovec piece{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  (void)sendmsg(socket.number(), &header, 0);
}

// What is a message of each helper, but never legal where it is said here.
void say_something_else(NetprocEnd& end) {
  (void)end.send(RecipientRefused{});
}
void say_something_else(AuthprocEnd& end) {
  (void)end.send(Acquired{}), (void)end.send(Acquired{});
}
void say_something_else(ResolverEnd& end) {
  (void)end.send(Resolved{});
}

template <class End>
[[noreturn]] void misbehave(End& end, Misdeed misdeed) {
  switch (misdeed) {
    case Misdeed::exits: _exit(exit_status_of_misdeed);
    case Misdeed::is_killed: kill(getpid(), SIGKILL); break;
    case Misdeed::is_silent: break;
    case Misdeed::closes: end.close(); break;
    case Misdeed::says_something_else: say_something_else(end); break;
    case Misdeed::says_nonsense: (void)end.socket().send("\xff\xfe\x00 nonsense", in_ten_seconds()); break;
    case Misdeed::says_nothing_in_a_packet: (void)end.socket().send("", in_ten_seconds()); break;
    case Misdeed::sends_a_descriptor: send_a_descriptor(end.fd()); break;
    case Misdeed::says_too_much: (void)end.socket().send(std::string(max_packet + 1, '\0'), in_ten_seconds()); break;
    case Misdeed::fails: (void)end.send(failure(ExitCode::protocol)); break;
    case Misdeed::fails_successfully: (void)end.send(failure(ExitCode::ok)); break;
  }
  const bool stays =
      misdeed == Misdeed::is_silent || misdeed == Misdeed::closes || misdeed == Misdeed::says_nothing_in_a_packet;
  while (stays || end.socket().receive(Deadline::never())) {
    if (stays) pause();
  }
  _exit(exit_status_of_misdeed);
}

// ---- the parts as they should be played, up to a misdeed ----

struct Script {
  Step step = Step::never;
  Misdeed misdeed = Misdeed::exits;
  bool tls = false;
  bool auth = false;
};

template <class End>
void come_to(const Script& script, Step step, End& end) {
  if (script.step == step) misbehave(end, script.misdeed);
}

constexpr int heard_wrong_message = 9;

template <class Message, class End>
Message hear(End& end) {
  auto message = end.template expect_one<Message>(in_ten_seconds());
  if (!message) _exit(heard_wrong_message);
  return std::move(*message);
}

void hear_envelope(NetprocEnd& end) {
  const Envelope envelope = hear<Envelope>(end);
  for (std::size_t heard = 0; heard < envelope.recipients;) heard += hear<Recipients>(end).recipients.size();
}

void hear_body(NetprocEnd& end, const Script& script) {
  hear<Body>(end);
  come_to(script, Step::body, end);
  for (;;) {
    auto message = end.expect<Body, BodyEnd>(in_ten_seconds());
    if (!message) _exit(heard_wrong_message);
    if (std::holds_alternative<BodyEnd>(*message)) return;
  }
}

void play_netproc(NetprocEnd& end, const Script& script) {
  hear<Connect>(end);
  come_to(script, Step::connected, end);
  (void)end.send(Connected{false, {Family::ipv4, {127, 0, 0, 1}, 0}});
  if (script.tls) {
    come_to(script, Step::secured, end);
    (void)end.send(Secured{});
  }
  come_to(script, Step::capabilities, end);
  Capabilities offer;
  offer.extended = offer.auth = true;
  offer.mechanisms.add(Mechanism::scram_sha_256);
  (void)end.send(offer);
  if (script.auth) {
    hear<Authenticate>(end);
    come_to(script, Step::authenticated, end);
    (void)end.send(Authenticated{});
  }
  hear_envelope(end);
  come_to(script, Step::body_wanted, end);
  (void)end.send(BodyWanted{});
  hear_body(end, script);
  come_to(script, Step::body_sent, end);
  (void)end.send(BodySent{});
  come_to(script, Step::delivered, end);
  (void)end.send(Delivered{Text<max_reply_text>::cut("250 taken")});
}

void play_authproc(AuthprocEnd& end, const Script& script) {
  come_to(script, Step::acquired, end);
  (void)end.send(Acquired{true});
  hear<Begin>(end);
  come_to(script, Step::sealed, end);
  (void)end.send(Sealed{});
  come_to(script, Step::completed, end);
  (void)end.send(Completed{});
}

void play_resolver(ResolverEnd& end, const Script& script) {
  come_to(script, Step::resolved, end);
  Resolved answer;
  answer.endpoints.add({Family::ipv4, {192, 0, 2, 1}, 0});
  (void)end.send(answer);
}

// ---- the submission ----

struct Result_of_run {
  SubmissionOutcome outcome;
  std::chrono::milliseconds took;
};

Account account_for(const Script& script, bool named_host) {
  Account account;
  account.host = named_host ? "mail.example" : "127.0.0.1";
  account.port = 25;
  account.timeout = 1;
  account.from = "joe@example.org";
  account.tls = script.tls;
  account.auth.wanted = script.auth;
  account.user = "joe";
  account.passwordeval = "none that is run here";
  return account;
}

Result_of_run run(PlayedCrew& played, const Account& account,
                  std::vector<std::string> recipients = {"a@x.test", "b@x.test"},
                  const std::optional<SessionFacts>& session = {}) {
  const std::string body(600'000, 'x');  // more than any socket holds
  OutgoingHeader header;
  header.bytes = "Subject: test\r\n\r\n";
  SubmissionRequest request{account, "joe@example.org", std::move(recipients), OutgoingMail(header, body, {-1}, true),
                            200ms};
  const Console console("msmtp");
  Submission submission(played.crew, console, request, [](const Secured&) {});
  if (session) submission.resume(*session);
  submission.begin();
  const auto start = Deadline::Clock::now();
  SubmissionOutcome outcome = submission.run();
  return {std::move(outcome), std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start)};
}

Result_of_run run_script(const Script& script, bool named_host = false) {
  PlayedCrew played;
  played.play_netproc([&](NetprocEnd& end) { play_netproc(end, script); });
  if (script.auth) played.play_authproc([&](AuthprocEnd& end) { play_authproc(end, script); });
  if (named_host) played.play_resolver([&](ResolverEnd& end) { play_resolver(end, script); });
  return run(played, account_for(script, named_host));
}

// ---- what has to come of it ----

std::string culprit(Step step) {
  if (step == Step::resolved) return "msmtp-resolver";
  return step >= Step::acquired ? "msmtp-authproc" : "msmtp-netproc";
}

std::string complaint(Step step, Misdeed misdeed) {
  const std::string who = culprit(step);
  switch (misdeed) {
    case Misdeed::exits: return who + " ended with status 3";
    case Misdeed::is_killed: return who + " was killed by signal 9";
    case Misdeed::is_silent: return who + " does not answer";
    case Misdeed::closes:
    case Misdeed::says_nothing_in_a_packet: return who + " has ended unexpectedly";
    case Misdeed::says_something_else:
      if (step == Step::resolved) return who + " has sent an answer without addresses";
      if (step == Step::delivered) return who + " has sent a recipient that is none";
      return who + " has sent " + (step >= Step::acquired ? "Acquired" : "RecipientRefused") + " at the wrong time";
    case Misdeed::says_nonsense: return who + " has sent something that is no message";
    case Misdeed::sends_a_descriptor: return who + " has sent a descriptor that nobody asked for";
    case Misdeed::says_too_much: return who + " has sent a message that is too long";
    case Misdeed::fails:
    case Misdeed::fails_successfully: return "it did not \x1b[31mwork\x07";
  }
  return "";
}

std::string fate(Step step) {
  if (step == Step::delivered) return "; the status of the mail is unknown";
  return step == Step::body || step == Step::body_sent ? "; the mail was not accepted" : "; nothing was sent";
}

void expect_one_error(const SubmissionOutcome& outcome, Step step, Misdeed misdeed) {
  cr_assert(outcome.error.has_value(), "it counts as sent");
  const bool told = misdeed == Misdeed::fails || misdeed == Misdeed::fails_successfully;
  const std::string text = complaint(step, misdeed) + (told ? "" : fate(step));
  cr_expect(outcome.error->text == text, "'%s' instead of '%s'", outcome.error->text.c_str(), text.c_str());
  ExitCode code = step == Step::delivered ? ExitCode::temporary_failure : ExitCode::software;
  if (misdeed == Misdeed::fails) code = ExitCode::protocol;
  if (misdeed == Misdeed::fails_successfully) code = ExitCode::software;
  cr_expect(outcome.error->code == code, "exit code %d", static_cast<int>(outcome.error->code));
  cr_expect(outcome.error->server_reply == (told ? "550 no\n550 really" : ""));
  cr_expect(outcome.server_reply.empty() && outcome.refused.empty());
}

struct Case {
  Step step;
  Misdeed misdeed;
};

constexpr Misdeed all_misdeeds[] = {Misdeed::exits,
                                    Misdeed::is_killed,
                                    Misdeed::is_silent,
                                    Misdeed::closes,
                                    Misdeed::says_something_else,
                                    Misdeed::says_nonsense,
                                    Misdeed::says_nothing_in_a_packet,
                                    Misdeed::sends_a_descriptor,
                                    Misdeed::says_too_much,
                                    Misdeed::fails,
                                    Misdeed::fails_successfully};

Case cases[200];

std::size_t make_cases(std::initializer_list<Step> steps) {
  std::size_t count = 0;
  for (const Step step : steps) {
    for (const Misdeed misdeed : all_misdeeds) {
      // A command that gives the password, or the user at the prompt, may take any time.
      if (step == Step::acquired && (misdeed == Misdeed::is_silent || misdeed == Misdeed::says_something_else))
        continue;
      cases[count++] = {step, misdeed};
    }
  }
  return count;
}

}  // namespace

Test(submission, honest_helpers_deliver) {
  for (const Script script : {Script{}, Script{.tls = true}, Script{.auth = true}, Script{.tls = true, .auth = true}}) {
    for (const bool named_host : {false, true}) {
      const auto [outcome, took] = run_script(script, named_host);
      cr_assert(!outcome.error.has_value(), "%s", outcome.error->text.c_str());
      cr_expect(outcome.server_reply == "250 taken");
      cr_expect(took < 3s);
    }
  }
}

ParameterizedTestParameters(submission, a_bad_network_child_ends_in_one_error) {
  const std::size_t count = make_cases({Step::connected, Step::secured, Step::capabilities, Step::authenticated,
                                        Step::body_wanted, Step::body, Step::body_sent, Step::delivered});
  return cr_make_param_array(Case, cases, count);
}
ParameterizedTest(Case* parameter, submission, a_bad_network_child_ends_in_one_error, .timeout = 40) {
  const Script script{parameter->step, parameter->misdeed, true, true};
  const auto [outcome, took] = run_script(script);
  expect_one_error(outcome, parameter->step, parameter->misdeed);
  // Sixteen steps of authentication at a second each are the longest that a silent one can take.
  const auto longest = parameter->misdeed != Misdeed::is_silent ? 2s
                       : parameter->step == Step::authenticated ? 20s
                                                                : 9s;
  cr_expect(took < longest, "it took %d ms", static_cast<int>(took.count()));
}

ParameterizedTestParameters(submission, a_bad_credential_child_ends_in_one_error) {
  const std::size_t count = make_cases({Step::acquired, Step::sealed, Step::completed});
  return cr_make_param_array(Case, cases, count);
}
ParameterizedTest(Case* parameter, submission, a_bad_credential_child_ends_in_one_error, .timeout = 40) {
  const auto [outcome, took] = run_script({parameter->step, parameter->misdeed, true, true});
  expect_one_error(outcome, parameter->step, parameter->misdeed);
  cr_expect(took < 5s, "it took %d ms", static_cast<int>(took.count()));
}

ParameterizedTestParameters(submission, a_bad_resolver_ends_in_one_error) {
  const std::size_t count = make_cases({Step::resolved});
  return cr_make_param_array(Case, cases, count);
}
ParameterizedTest(Case* parameter, submission, a_bad_resolver_ends_in_one_error, .timeout = 40) {
  const auto [outcome, took] = run_script({parameter->step, parameter->misdeed, true, true}, true);
  cr_expect(took < 5s, "it took %d ms", static_cast<int>(took.count()));
  if (parameter->misdeed != Misdeed::is_silent) return expect_one_error(outcome, parameter->step, parameter->misdeed);
  // Name servers that do not answer are more likely than a resolver that does not.
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->code == ExitCode::temporary_failure);
  cr_expect(outcome.error->text == "cannot locate host mail.example: the operation timed out");
}

// ---- particular lies ----

namespace {

// A network child that is honest up to the body, and then does REST.
Result_of_run run_with_rest(const std::function<void(NetprocEnd&)>& rest, Protocol protocol = Protocol::smtp) {
  PlayedCrew played;
  played.play_netproc([&](NetprocEnd& end) {
    hear<Connect>(end);
    (void)end.send(Connected{});
    (void)end.send(Capabilities{});
    hear_envelope(end);
    rest(end);
  });
  Account account = account_for({}, false);
  account.protocol = protocol;
  return run(played, account);
}

void hear_everything(NetprocEnd& end) {
  (void)end.send(BodyWanted{});
  hear_body(end, {});
  (void)end.send(BodySent{});
}

RecipientRefused refusal_of(std::uint32_t index) {
  return {index, Text<max_reply_text>::cut("452 full")};
}

void expect_lie(const SubmissionOutcome& outcome, const std::string& text, ExitCode code) {
  cr_assert(outcome.error.has_value(), "it counts as sent");
  cr_expect(outcome.error->text == text, "%s", outcome.error->text.c_str());
  cr_expect(outcome.error->code == code);
}

}  // namespace

Test(submission, a_delivery_before_all_was_sent_is_none, .timeout = 30) {
  const auto early = run_with_rest([](NetprocEnd& end) { (void)end.send(Delivered{}), pause(); });
  expect_lie(early.outcome, "msmtp-netproc has sent Delivered at the wrong time; nothing was sent", ExitCode::software);
  const auto late = run_with_rest([](NetprocEnd& end) {
    (void)end.send(BodyWanted{});
    hear_body(end, {});
    (void)end.send(Delivered{});
    pause();
  });
  expect_lie(late.outcome, "msmtp-netproc has sent Delivered at the wrong time; the mail was not accepted",
             ExitCode::software);
}

Test(submission, the_body_is_wanted_once, .timeout = 30) {
  const auto [outcome, took] = run_with_rest([](NetprocEnd& end) {
    (void)end.send(BodyWanted{});
    hear_everything(end);
    pause();
  });
  expect_lie(outcome, "msmtp-netproc has sent BodyWanted at the wrong time; the mail was not accepted",
             ExitCode::software);
}

Test(submission, only_recipients_of_the_mail_are_refused_each_once_and_in_order, .timeout = 60) {
  const std::string text = "msmtp-netproc has sent a recipient that is none; the status of the mail is unknown";
  const std::vector<std::vector<std::uint32_t>> lies = {{2}, {0xffffffff}, {0, 0}, {1, 0}, {1, 1}, {0, 1, 2}};
  for (const auto& indexes : lies) {
    const auto [outcome, took] = run_with_rest(
        [&](NetprocEnd& end) {
          hear_everything(end);
          for (const std::uint32_t index : indexes) (void)end.send(refusal_of(index));
          (void)end.send(Delivered{});
          pause();
        },
        Protocol::lmtp);
    expect_lie(outcome, text, ExitCode::temporary_failure);
    cr_expect(outcome.refused.size() <= 2);
  }
  const auto [outcome, took] = run_with_rest([&](NetprocEnd& end) {
    hear_everything(end);
    (void)end.send(refusal_of(0));
    (void)end.send(Delivered{});
    pause();
  });
  expect_lie(outcome, text, ExitCode::temporary_failure);
}

Test(submission, refused_recipients_are_told_and_the_mail_is_not_called_sent, .timeout = 30) {
  const auto honest = run_with_rest(
      [](NetprocEnd& end) {
        hear_everything(end);
        (void)end.send(refusal_of(1));
        (void)end.send(Failed{ExitCode::temporary_failure, Text<4096>::cut("not all"), {}});
      },
      Protocol::lmtp);
  cr_assert(honest.outcome.error.has_value());
  cr_expect(honest.outcome.error->code == ExitCode::temporary_failure);
  cr_assert(honest.outcome.refused.size() == 1);
  cr_expect(honest.outcome.refused[0].address == "b@x.test");
  cr_expect(honest.outcome.refused[0].server_reply == "452 full");
  const auto lying = run_with_rest(
      [](NetprocEnd& end) {
        hear_everything(end);
        (void)end.send(refusal_of(0));
        (void)end.send(Delivered{});
      },
      Protocol::lmtp);
  expect_lie(lying.outcome,
             "msmtp-netproc has sent Delivered although recipients were refused; the status of the mail is unknown",
             ExitCode::temporary_failure);
}

Test(submission, the_servers_word_is_not_enough_to_be_logged_in, .timeout = 30) {
  PlayedCrew played;
  Script script;
  script.auth = true;
  const pid_t netproc = played.play_netproc([&](NetprocEnd& end) { play_netproc(end, script); });
  played.play_authproc([](AuthprocEnd& end) {
    (void)end.send(Acquired{true});
    hear<Begin>(end);
    (void)end.send(Sealed{});
    for (;;) pause();  // never Completed
  });
  const auto [outcome, took] = run(played, account_for(script, false));
  expect_lie(outcome, "msmtp-authproc does not answer; nothing was sent", ExitCode::software);
  int status = 0;
  cr_assert(waitpid(netproc, &status, 0) == netproc);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == heard_wrong_message, "it was told of a mail all the same");
}

Test(submission, a_body_that_nobody_reads_does_not_hold_the_parent, .timeout = 30) {
  const auto [outcome, took] = run_with_rest([](NetprocEnd& end) {
    (void)end.send(BodyWanted{});
    for (;;) pause();
  });
  expect_lie(outcome, "msmtp-netproc does not answer; the mail was not accepted", ExitCode::software);
  cr_expect(took < 5s);
}

Test(submission, a_server_that_refuses_during_the_body_is_heard, .timeout = 30) {
  const auto [outcome, took] = run_with_rest([](NetprocEnd& end) {
    (void)end.send(BodyWanted{});
    hear<Body>(end);
    (void)end.send(failure(ExitCode::data_error));
  });
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->code == ExitCode::data_error);
  cr_expect(outcome.error->server_reply == "550 no\n550 really");
}

// ---- one end is the cause of another ----

// Until the helper at the other end of CHANNEL is gone.
template <class ParentsEnd>
void await_end(const ParentsEnd& channel) {
  pollfd poll_fd{channel.fd().number(), 0, 0};
  cr_assert(poll(&poll_fd, 1, 10'000) == 1);
}

void refuse_the_certificate(NetprocEnd& end) {
  (void)end.send(Connected{false, {Family::ipv4, {127, 0, 0, 1}, 0}});
  (void)end.send(failure(ExitCode::unavailable));
}

Test(submission, who_ends_because_the_network_child_failed_is_not_the_cause, .timeout = 30) {
  PlayedCrew played;
  Pipe told = std::move(make_pipe()).value();
  played.play_netproc([&](NetprocEnd& end) {
    refuse_the_certificate(end);
    told.write_end.close();
    pause();
  });
  told.write_end.close();
  char nothing = 0;
  cr_assert(read(told.read_end.number(), &nothing, 1) == 0);
  played.play_authproc([](AuthprocEnd&) { _exit(70); });
  await_end(*played.crew.authproc);
  Script script;
  script.auth = true;
  const auto [outcome, took] = run(played, account_for(script, false));
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->code == ExitCode::unavailable, "%s", outcome.error->text.c_str());
}

Test(submission, a_network_child_that_is_gone_has_said_why, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc(refuse_the_certificate);
  await_end(*played.crew.netproc);
  const auto [outcome, took] = run(played, account_for({}, false));
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->code == ExitCode::unavailable, "%s", outcome.error->text.c_str());
}

Test(submission, a_network_child_that_was_killed_takes_the_credential_child_with_it, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) { raise(SIGKILL); });
  await_end(*played.crew.netproc);
  played.play_authproc([](AuthprocEnd&) { _exit(70); });
  await_end(*played.crew.authproc);
  Script script;
  script.auth = true;
  Account account = account_for(script, false);
  account.passwordeval.reset();  // so that the credential child is listened to first
  const auto [outcome, took] = run(played, account);
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->text.starts_with("msmtp-netproc"), "%s", outcome.error->text.c_str());
}

// ---- floods ----

Test(submission, a_flood_of_warnings_is_cut_and_holds_nobody, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) {
    for (;;) log_warning(std::string(3000, 'x'));
  });
  const auto [outcome, took] = run(played, account_for({}, false));
  expect_lie(outcome, "msmtp-netproc does not answer; nothing was sent", ExitCode::software);
  cr_expect(took < 5s, "it took %d ms", static_cast<int>(took.count()));
  cr_expect(played.records.size() == 100, "%zu", played.records.size());
  cr_expect(played.records.back().text == "too many warnings, the rest is left out");
}

Test(submission, a_flood_of_short_lines_without_a_kind_is_cut_too, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) {
    const std::string lines(60'000, '\n');
    for (;;) (void)!write(STDERR_FILENO, lines.data(), lines.size());
  });
  const auto [outcome, took] = run(played, account_for({}, false));
  cr_assert(outcome.error.has_value());
  cr_expect(took < 5s, "it took %d ms", static_cast<int>(took.count()));
  cr_expect(played.records.size() == 100, "%zu", played.records.size());
}

Test(submission, what_was_logged_before_an_end_is_told, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) {
    log_warning("the last words");
    _exit(4);
  });
  const auto [outcome, took] = run(played, account_for({}, false));
  expect_lie(outcome, "msmtp-netproc ended with status 4; nothing was sent", ExitCode::software);
  cr_assert(played.records.size() == 1);
  cr_expect(played.records[0].text == "the last words");
}

// ---- a session that was kept ----

Test(submission, a_session_that_is_there_is_neither_opened_nor_logged_in_to, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd& end) {
    hear_envelope(end);
    (void)end.send(BodyWanted{});
    hear_body(end, Script{});
    (void)end.send(BodySent{});
    (void)end.send(Delivered{Text<max_reply_text>::cut("250 taken")});
  });
  const auto [outcome, took] =
      run(played, account_for(Script{.tls = true, .auth = true}, true), {"a@x.test"}, SessionFacts{});
  cr_assert(!outcome.error.has_value(), "%s", outcome.error->text.c_str());
  cr_expect(outcome.server_reply == "250 taken");
}

Test(submission, a_session_that_has_just_ended_is_told_as_nothing_sent, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd& end) {
    (void)end.send(Failed{ExitCode::temporary_failure, Text<4096>::cut("it has ended; nothing was sent"), {}});
  });
  const auto [outcome, took] = run(played, account_for(Script{}, false), {"a@x.test"}, SessionFacts{});
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->code == ExitCode::temporary_failure);
  cr_expect(outcome.error->text == "it has ended; nothing was sent", "%s", outcome.error->text.c_str());
}

Test(submission, a_session_whose_network_child_was_killed_is_told_as_nothing_sent, .timeout = 30) {
  PlayedCrew played;
  played.play_netproc([](NetprocEnd&) { raise(SIGKILL); });
  const auto [outcome, took] = run(played, account_for(Script{}, false), {"a@x.test"}, SessionFacts{});
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->text == "msmtp-netproc was killed by signal 9; nothing was sent", "%s",
            outcome.error->text.c_str());
}

// A keeper has copies of the parent's ends, so that closing them would tell the network child nothing.
Test(submission, a_mail_that_was_given_up_is_not_begun_although_a_keeper_holds_on, .timeout = 30) {
  PlayedCrew played;
  const pid_t pid = played.play_netproc([](NetprocEnd& end) {
    (void)poll(nullptr, 0, 4500);
    _exit(end.send(BodyWanted{}) ? 1 : 0);
  });
  const auto keeper = played.crew.ends_of_netproc();
  cr_assert(keeper.has_value());
  const auto [outcome, took] = run(played, account_for(Script{}, false), {"a@x.test"}, SessionFacts{});
  cr_assert(outcome.error.has_value());
  cr_expect(outcome.error->text == "msmtp-netproc does not answer; nothing was sent", "%s",
            outcome.error->text.c_str());
  int status = -1;
  cr_assert(waitpid(pid, &status, 0) == pid);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it could still speak to the parent");
}
