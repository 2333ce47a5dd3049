// The credential child in its exchange: honest servers, lying servers, peers that die.
#include "tests/process/authproc_process.hpp"
#include "tests/unit/authproc/sasl_server.hpp"

#include <criterion/parameterized.h>

#include <config.hpp>

using namespace msmtp;
using namespace msmtp::test;

namespace {

// Leads the exchange as an honest server until it has accepted, or refused.
bool serve_honestly(Authproc& authproc, SaslServer& server, std::string response) {
  for (;;) {
    const auto challenge = server.step(response);
    if (!challenge) return false;
    if (server.has_accepted() && challenge->empty()) return true;
    authproc.challenge(*challenge);
    response = authproc.expect_response();
    if (server.has_accepted()) return true;
  }
}

void log_in(Mechanism mechanism, const std::string& user, const std::string& password) {
  Authproc authproc;
  const pid_t pid = authproc.pid();
  SaslServer server(std::string(name(mechanism)), user, password);
  const std::string first = authproc.start(mechanism, password, user);
  cr_expect(serve_honestly(authproc, server, first == "(none)" ? "" : first));
  cr_expect(authproc.netproc.send(Accepted{}, soon()).has_value());
  cr_expect(authproc.parent.expect_one<Completed>(soon()).has_value());
  cr_expect(authproc.exit_status() == 0);
  cr_expect(authproc.log().empty());
  cr_expect(kill(pid, 0) == -1 && errno == ESRCH);
  cr_expect(waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD);
}

// SCRAM's first message of a server that says what the test wants.
std::string server_first(const std::string& client_first, const std::string& rest) {
  return "r=" + client_first.substr(client_first.rfind("r=") + 2) + rest;
}

Failed refusal_of_server_first(Mechanism mechanism, const std::string& rest) {
  Authproc authproc;
  const std::string first = authproc.start(mechanism, "s3cret");
  authproc.challenge(server_first(first, rest));
  return authproc.expect_refusal();
}

bool mentions(const Failed& told, std::string_view words) {
  return told.text.view().find(words) != std::string_view::npos;
}

struct Case {
  Mechanism mechanism;
};
Case every_mechanism[] = {{Mechanism::plain},      {Mechanism::login},       {Mechanism::cram_md5},
                          {Mechanism::digest_md5}, {Mechanism::scram_sha_1}, {Mechanism::scram_sha_256}};
Case scram_mechanisms[] = {{Mechanism::scram_sha_1}, {Mechanism::scram_sha_256}};

}  // namespace

ParameterizedTestParameters(authproc, logs_in_under_the_strict_filter) {
  return cr_make_param_array(Case, every_mechanism, std::size(every_mechanism));
}
ParameterizedTest(Case* parameter, authproc, logs_in_under_the_strict_filter, .timeout = 60) {
  log_in(parameter->mechanism, "joe", "s3cret pass");
  log_in(parameter->mechanism, "j\xc3\xb6\x65", "p\xc3\xa4ssw\xc3\xb6rd");
}

Test(authproc, is_sealed_before_the_first_challenge) {
  if (!config::with_sandbox) cr_skip_test("built without a sandbox");
  Authproc authproc;
  authproc.give("s3cret");
  cr_assert(authproc.expect_acquired());
  cr_expect(status_of(authproc.pid(), "Seccomp") == "0");
  authproc.begin(Mechanism::scram_sha_256);
  authproc.expect_sealed();
  cr_expect(status_of(authproc.pid(), "Seccomp") == "2");
  cr_expect(status_of(authproc.pid(), "NoNewPrivs") == "1");
  cr_expect(status_of(authproc.pid(), "CapEff") == "0000000000000000");
  cr_expect(status_of(authproc.pid(), "CapPrm") == "0000000000000000");
  if (getuid() != 0) return;
  cr_expect(status_of(authproc.pid(), "Uid").find("0\t") != 0, "it is still root");
  cr_expect(descriptors_of(authproc.pid()) == std::set<std::string>({"0", "1", "2", "3", "4"}));
}

ParameterizedTestParameters(authproc, refuses_a_wrong_signature) {
  return cr_make_param_array(Case, scram_mechanisms, std::size(scram_mechanisms));
}
ParameterizedTest(Case* parameter, authproc, refuses_a_wrong_signature) {
  Authproc authproc;
  const std::string first = authproc.start(parameter->mechanism, "s3cret");
  authproc.challenge(server_first(first, "more,s=QUFBQUFB,i=4096"));
  authproc.expect_response();
  authproc.challenge(parameter->mechanism == Mechanism::scram_sha_1 ? "v=AAAAAAAAAAAAAAAAAAAAAAAAAAA="
                                                                    : "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  const Failed told = authproc.expect_refusal();
  cr_expect(told.code == ExitCode::protocol);
  cr_expect(mentions(told, "the server did not prove that it knows the password"));
}

Test(authproc, refuses_a_last_message_without_signature) {
  for (const char* last : {"", "x=1", "v=", "V=AAAA"}) {
    Authproc authproc;
    const std::string first = authproc.start(Mechanism::scram_sha_256, "s3cret");
    authproc.challenge(server_first(first, "more,s=QUFBQUFB,i=4096"));
    authproc.expect_response();
    authproc.challenge(last);
    cr_expect(authproc.expect_refusal().code == ExitCode::protocol, "%s", last);
  }
}

Test(authproc, a_server_that_accepts_without_proof_is_not_believed) {
  Authproc at_once;
  at_once.start(Mechanism::scram_sha_256, "s3cret");
  cr_assert(at_once.netproc.send(Accepted{}, soon()).has_value());
  cr_expect(at_once.expect_failed().code == ExitCode::protocol);
  cr_expect(at_once.exit_status() == 76);

  Authproc later;
  const std::string first = later.start(Mechanism::scram_sha_256, "s3cret");
  later.challenge(server_first(first, "more,s=QUFBQUFB,i=4096"));
  later.expect_response();
  cr_assert(later.netproc.send(Accepted{}, soon()).has_value());
  cr_expect(mentions(later.expect_failed(), "did not prove"));
}

Test(authproc, a_server_that_knows_another_password_gets_no_completion) {
  Authproc authproc;
  SaslServer server("SCRAM-SHA-256", "joe", "other");
  const std::string first = authproc.start(Mechanism::scram_sha_256, "s3cret");
  cr_expect(!serve_honestly(authproc, server, first));
  authproc.netproc.close();
  cr_expect(authproc.ends_quietly());
}

Test(authproc, refuses_too_few_and_too_many_rounds_at_once, .timeout = 10) {
  cr_expect(mentions(refusal_of_server_first(Mechanism::scram_sha_256, "more,s=QUFB,i=1"), "too few"));
  cr_expect(mentions(refusal_of_server_first(Mechanism::scram_sha_1, "more,s=QUFB,i=2147483648"), "too many"));
  cr_expect(refusal_of_server_first(Mechanism::scram_sha_1, "more,s=QUFB,i=4294967297").code == ExitCode::software);
}

Test(authproc, refuses_a_nonce_that_is_not_ours_and_more) {
  cr_expect(mentions(refusal_of_server_first(Mechanism::scram_sha_256, ",s=QUFB,i=4096"), "nonce"));
  Authproc authproc;
  authproc.start(Mechanism::scram_sha_256, "s3cret");
  authproc.challenge("r=somebodyelses,s=QUFB,i=4096");
  cr_expect(mentions(authproc.expect_refusal(), "nonce"));
}

Test(authproc, refuses_challenges_without_end) {
  Authproc login;
  login.start(Mechanism::login, "s3cret");
  login.challenge("Username:");
  cr_expect(login.expect_response() == "joe");
  login.challenge("Password:");
  cr_expect(login.expect_response() == "s3cret");
  login.challenge("Password:");
  cr_expect(login.expect_refusal().code == ExitCode::software);

  Authproc cram;
  cram.start(Mechanism::cram_md5, "s3cret");
  for (std::size_t i = 0; i < max_sasl_steps; ++i) {
    cram.challenge("");
    cr_expect(cram.expect_response().empty());
  }
  cr_expect(mentions(cram.expect_refusal(), "does not stop"));
}

Test(authproc, refuses_a_challenge_after_plain) {
  Authproc authproc;
  cr_expect(authproc.start(Mechanism::plain, "s3cret") == std::string("\0joe\0s3cret", 11));
  authproc.challenge("");
  cr_expect(authproc.expect_refusal().code == ExitCode::software);
}

Test(authproc, survives_the_longest_challenges) {
  const std::string junk(max_sasl_message, 'A');
  Authproc scram;
  scram.start(Mechanism::scram_sha_256, "s3cret");
  scram.challenge(junk);
  cr_expect(scram.expect_refusal().code == ExitCode::software);

  Authproc cram;
  cram.start(Mechanism::cram_md5, "s3cret");
  cram.challenge(junk);
  cr_expect(cram.expect_response().size() == 4 + 32);

  Authproc salted;
  const std::string first = salted.start(Mechanism::scram_sha_256, "s3cret");
  salted.challenge(server_first(first, "more,s=" + std::string(60000, 'A') + ",i=4096"));
  cr_expect(salted.expect_response().starts_with("c=biws,r="));
}

Test(authproc, says_so_when_a_method_lacks_what_it_needs) {
  Authproc authproc;
  authproc.give("s3cret");
  cr_assert(authproc.expect_acquired());
  authproc.begin(Mechanism::scram_sha_256_plus);
  const Failed told = authproc.expect_failed();
  cr_expect(told.code == ExitCode::unavailable);
  cr_expect(authproc.exit_status() == 69);
}

Test(authproc, messages_at_the_wrong_time_end_it) {
  Authproc early;
  early.begin(Mechanism::plain);
  cr_expect(early.expect_failed().code == ExitCode::software);
  cr_expect(early.exit_status() == 70);

  Authproc twice;
  twice.start(Mechanism::cram_md5, "s3cret");
  twice.begin(Mechanism::cram_md5);
  cr_expect(twice.ends_quietly());

  Authproc impatient;
  impatient.give("s3cret");
  cr_assert(impatient.expect_acquired());
  impatient.challenge("hello");
  cr_expect(impatient.ends_quietly());
}

Test(authproc, what_is_no_message_is_told_to_the_parent_with_the_name_of_the_sender) {
  Authproc authproc;
  authproc.start(Mechanism::cram_md5, "s3cret");
  cr_assert(authproc.netproc.socket().send("\x7f", soon()).has_value());
  cr_expect(mentions(authproc.expect_failed(), "msmtp-netproc has sent"));
  cr_expect(authproc.exit_status() == 70);
}

Test(authproc, ends_when_its_parent_is_gone_at_any_step, .timeout = 30) {
  Authproc at_first;
  at_first.parent.close();
  cr_expect(at_first.exit_status() >= 0);

  Authproc before_begin;
  before_begin.give("s3cret");
  cr_assert(before_begin.expect_acquired());
  before_begin.parent.close();
  cr_expect(before_begin.exit_status() >= 0);

  Authproc in_exchange;
  in_exchange.start(Mechanism::login, "s3cret");
  in_exchange.parent.close();
  cr_expect(in_exchange.exit_status() >= 0);

  Authproc in_the_middle;
  in_the_middle.start(Mechanism::login, "s3cret");
  in_the_middle.challenge("Username:");
  in_the_middle.expect_response();
  in_the_middle.parent.close();
  cr_expect(in_the_middle.exit_status() >= 0);
}

Test(authproc, ends_quietly_when_netproc_is_gone_at_any_step, .timeout = 30) {
  Authproc before_begin;
  before_begin.give("s3cret");
  cr_assert(before_begin.expect_acquired());
  before_begin.netproc.close();
  cr_expect(before_begin.ends_quietly());

  Authproc in_exchange;
  in_exchange.start(Mechanism::login, "s3cret");
  in_exchange.netproc.close();
  cr_expect(in_exchange.ends_quietly());

  Authproc in_the_middle;
  in_the_middle.start(Mechanism::login, "s3cret");
  in_the_middle.challenge("Username:");
  in_the_middle.netproc.close();
  cr_expect(in_the_middle.ends_quietly());
}

Test(authproc, dies_with_the_process_that_started_it) {
  Pipe names = std::move(make_pipe()).value();
  const pid_t starter = fork();
  if (starter == 0) {
    Authproc authproc;
    authproc.start(Mechanism::login, "s3cret");
    const pid_t pid = authproc.pid();
    (void)!write(names.write_end.number(), &pid, sizeof pid);
    pause();
    _exit(0);
  }
  pid_t pid = -1;
  cr_assert(read(names.read_end.number(), &pid, sizeof pid) == sizeof pid);
  kill(starter, SIGKILL);
  waitpid(starter, nullptr, 0);
  for (int tries = 0; tries < 500 && is_running(pid); ++tries) usleep(10000);
  cr_expect(!is_running(pid));
}
