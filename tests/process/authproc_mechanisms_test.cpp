// The mechanisms beyond those of every server, in the sealed credential child.
#include "tests/process/authproc_process.hpp"
#include "tests/unit/authproc/sasl_server.hpp"

#include <config.hpp>

using namespace msmtp;
using namespace msmtp::test;

namespace {

// The server accepts: the parent hears so, and the child ends well.
void expect_completion(Authproc& authproc) {
  cr_assert(authproc.netproc.send(Accepted{}, soon()).has_value());
  cr_expect(authproc.parent.expect_one<Completed>(soon()).has_value());
  cr_expect(authproc.exit_status() == 0);
  cr_expect(authproc.log().empty());
}

const std::string ntlm_challenge("NTLMSSP\0\2\0\0\0\0\0\0\0\x20\0\0\0\1\2\0\0\x01\x23\x45\x67\x89\xab\xcd\xef", 32);

std::string begin_ntlm(Authproc& authproc) {
  authproc.give("SecREt01", "user");
  cr_assert(authproc.expect_acquired());
  authproc.begin(Mechanism::ntlm, "DOMAIN");
  authproc.expect_sealed();
  return authproc.expect_response();
}

}  // namespace

Test(authproc_mechanisms, external_needs_no_password_and_no_user) {
  for (const char* user : {"joe", ""}) {
    Authproc authproc;
    authproc.give_nothing(user);
    cr_expect(!authproc.expect_acquired());
    authproc.begin(Mechanism::external);
    authproc.expect_sealed();
    const auto first = authproc.netproc.expect_one<Response>(soon());
    cr_assert(first.has_value());
    cr_expect(!first->present);
    authproc.challenge("");
    cr_expect(authproc.expect_response() == user);
    expect_completion(authproc);
  }
}

Test(authproc_mechanisms, external_that_is_accepted_before_it_spoke_is_no_success) {
  Authproc authproc;
  authproc.give_nothing("joe");
  cr_expect(!authproc.expect_acquired());
  authproc.begin(Mechanism::external);
  authproc.expect_sealed();
  cr_assert(authproc.netproc.send(Accepted{}, soon()).has_value());
  cr_expect(authproc.expect_failed().code == ExitCode::protocol);
}

Test(authproc_mechanisms, tokens_are_sent_at_once_with_host_and_port) {
  Authproc bearer;
  cr_expect(bearer.start(Mechanism::oauthbearer, "token", "a=b,c") ==
            "n,a=a=3Db=2Cc,\1host=mail.example\1port=587\1auth=Bearer token\1\1");
  expect_completion(bearer);
  Authproc old;
  cr_expect(old.start(Mechanism::xoauth2, "token") == "user=joe\1auth=Bearer token\1\1");
  expect_completion(old);
}

Test(authproc_mechanisms, tokens_of_48_kib_are_sent) {
  const std::string token(48 * 1024, 'T');
  Authproc authproc;
  cr_expect(authproc.start(Mechanism::oauthbearer, token).find(token) != std::string::npos);
  expect_completion(authproc);
}

Test(authproc_mechanisms, the_explanation_of_a_refused_token_is_answered_and_never_a_success) {
  Authproc bearer;
  bearer.start(Mechanism::oauthbearer, "token");
  bearer.challenge("{\"status\":\"invalid_token\",\"scope\":\"x\"}");
  cr_expect(bearer.expect_response() == "\1");
  bearer.netproc.close();
  cr_expect(bearer.ends_quietly());

  Authproc old;
  old.start(Mechanism::xoauth2, "token");
  old.challenge("{\"status\":\"401\"}");
  cr_expect(old.expect_response().empty());
  cr_assert(old.netproc.send(Accepted{}, soon()).has_value());
  cr_expect(old.expect_failed().code == ExitCode::protocol);
}

Test(authproc_mechanisms, a_token_with_control_characters_is_refused_before_anything_is_sent) {
  Authproc authproc;
  authproc.give("to\1ken");
  cr_assert(authproc.expect_acquired());
  authproc.begin(Mechanism::oauthbearer);
  const Failed told = authproc.expect_failed();
  cr_expect(told.code == ExitCode::software);
  cr_expect(told.text.view() == "the token has characters that may not be used (method OAUTHBEARER)");
}

Test(authproc_mechanisms, ntlm_answers_under_the_strict_filter) {
  Authproc authproc;
  cr_expect(begin_ntlm(authproc).find("DOMAIN") != std::string::npos);
  authproc.challenge(ntlm_challenge);
  const std::string response = authproc.expect_response();
  cr_expect(response.find("\x25\xa9\x8c\x1c\x31\xe8\x18\x47\x46\x6b\x29\xb2\xdf\x46\x80\xf3\x99\x58\xfb\x8c\x21\x3a\x9c"
                          "\xc6") != std::string::npos);
  expect_completion(authproc);
}

Test(authproc_mechanisms, ntlm_challenges_that_lie_are_refused) {
  std::string outside = ntlm_challenge;
  outside[12] = outside[14] = 64;
  for (const std::string& lie : {outside, std::string(), std::string(max_sasl_message, 'N')}) {
    Authproc authproc;
    begin_ntlm(authproc);
    authproc.challenge(lie);
    cr_expect(authproc.expect_refusal().code == ExitCode::software);
  }
  Authproc large;
  begin_ntlm(large);
  large.challenge(ntlm_challenge + std::string(60000, 'N'));
  cr_expect(large.expect_refusal().code == ExitCode::software);
}

namespace {

// As the server has it, with a password that both know; the proof is that of the library of the tests.
void expect_bound_login(Mechanism mechanism, const ChannelBinding& ours, const ChannelBinding& theirs, bool good) {
  Authproc authproc;
  authproc.give("s3cret");
  cr_assert(authproc.expect_acquired());
  authproc.begin(mechanism, "", ours);
  authproc.expect_sealed();
  SaslServer server(std::string(name(mechanism)), "joe", "s3cret", "4096", theirs);
  const auto first = server.step(authproc.expect_response());
  if (!first) {  // already the flag of the first message tells a server that its offer was hidden
    cr_expect(!good);
    return;
  }
  authproc.challenge(*first);
  const auto last = server.step(authproc.expect_response());
  cr_assert(last.has_value() == good);
  if (!good) return;
  authproc.challenge(*last);
  cr_expect(authproc.expect_response().empty());
  expect_completion(authproc);
}

}  // namespace

Test(authproc_mechanisms, a_login_is_bound_to_the_connection_under_the_strict_filter) {
  ChannelBinding binding{BindingKind::exporter, {1, 2, 3}};
  ChannelBinding other = binding;
  other.bytes[0] = 0;
  for (const Mechanism mechanism : {Mechanism::scram_sha_1_plus, Mechanism::scram_sha_256_plus}) {
    expect_bound_login(mechanism, binding, binding, true);
    expect_bound_login(mechanism, binding, other, false);
  }
}

Test(authproc_mechanisms, a_login_that_could_have_been_bound_says_so) {
  const ChannelBinding binding{BindingKind::unique, {1, 2, 3}};
  expect_bound_login(Mechanism::scram_sha_256, binding, {}, true);
  expect_bound_login(Mechanism::scram_sha_256, binding, binding, false);
}

Test(authproc_mechanisms, a_binding_that_is_missing_is_said_before_anything_is_sent) {
  Authproc authproc;
  authproc.give("s3cret");
  cr_assert(authproc.expect_acquired());
  authproc.begin(Mechanism::scram_sha_256_plus);
  cr_expect(authproc.expect_failed().code == ExitCode::unavailable);
  cr_expect(authproc.exit_status() == 69);
}

// With a ticket: tests/system/test_kerberos.py.
Test(authproc_mechanisms, gssapi_without_a_ticket_says_so_in_one_line) {
  if (!config::with_gssapi) cr_skip_test("this build has no GSSAPI");
  Authproc authproc(authproc_path, {"KRB5CCNAME=FILE:/nonexistent/tickets", "KRB5_CONFIG=/dev/null"});
  authproc.give_nothing("joe");
  cr_expect(!authproc.expect_acquired());
  authproc.begin(Mechanism::gssapi);
  const Failed told = authproc.expect_failed();
  cr_expect(told.code == ExitCode::unavailable || told.code == ExitCode::no_permission, "%s", told.text.str().c_str());
  cr_expect(told.text.view().find(" (method GSSAPI): ") != std::string_view::npos, "%s", told.text.str().c_str());
  cr_expect(authproc.exit_status() == static_cast<int>(told.code));
}

Test(authproc_mechanisms, digest_md5_wants_the_proof_of_the_server) {
  const std::string challenge =
      "realm=\"example\",nonce=\"OA6MG9tEQGm2hh\",qop=\"auth\",algorithm=md5-sess,charset=utf-8";
  Authproc liar;
  cr_expect(liar.start(Mechanism::digest_md5, "s3cret") == "(none)");
  liar.challenge(challenge);
  cr_expect(liar.expect_response().find("realm=\"example\"") != std::string::npos);
  liar.challenge("rspauth=00000000000000000000000000000000");
  cr_expect(liar.expect_refusal().code == ExitCode::protocol);

  Authproc hasty;
  hasty.start(Mechanism::digest_md5, "s3cret");
  hasty.challenge(challenge);
  hasty.expect_response();
  cr_assert(hasty.netproc.send(Accepted{}, soon()).has_value());
  cr_expect(hasty.expect_failed().code == ExitCode::protocol);
}

Test(authproc_mechanisms, digest_md5_challenges_that_are_none_are_refused) {
  for (const std::string& junk :
       {std::string("junk"), std::string("realm=\"x\""), "nonce=\"" + std::string(60000, 'n') + "\",algorithm=none",
        std::string(max_sasl_message, '"')}) {
    Authproc authproc;
    authproc.start(Mechanism::digest_md5, "s3cret");
    authproc.challenge(junk);
    cr_expect(authproc.expect_refusal().code == ExitCode::software);
  }
}
