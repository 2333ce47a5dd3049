// AUTH in the process that serves an SMTP client: with the test as its verifier, which says yes or no, asks, lies or is
// gone.
#include "tests/process/served.hpp"

using namespace msmtp;
using namespace msmtp::test;

namespace {

Serve with_login() {
  Serve serve = settings();
  serve.login = true;
  return serve;
}

void expect_login(Served& served, Mechanism mechanism, std::optional<std::string_view> response) {
  const auto start = served.verifier->expect_one<LoginStart>(soon());
  cr_assert(start.has_value() && start->mechanism == mechanism);
  const auto heard = served.verifier->expect_one<Response>(soon());
  cr_assert(heard.has_value() && heard->present == response.has_value());
  cr_expect(heard->bytes.view() == response.value_or(""));
}

void expect_response(Served& served, std::string_view wanted) {
  const auto heard = served.verifier->expect_one<Response>(soon());
  cr_assert(heard.has_value() && heard->present);
  cr_expect(heard->bytes.view() == wanted);
}

void judge(Served& served, bool accepted) {
  cr_assert(served.verifier->send(Verdict{accepted}, soon()).has_value());
}

void challenge(Served& served, std::string_view bytes) {
  cr_assert(served.verifier->send(Challenge{*BytesView<max_sasl_message>::from(bytes)}, soon()).has_value());
}

void greet(Served& served) {
  served.hear("220 ");
  served.say("EHLO client.test\r\n");
  served.hear("250 AUTH SCRAM-SHA-256 PLAIN LOGIN\r\n");
}

}  // namespace

Test(smtp_server, a_login_and_then_a_mail_in_one_flight, .timeout = 30) {
  Served served(with_login());
  greet(served);
  served.say("AUTH PLAIN AGpvZQBzZWNyZXQ=\r\nMAIL FROM:<joe@x.test>\r\n");
  expect_login(served, Mechanism::plain, std::string_view("\0joe\0secret", 11));
  judge(served, true);
  (void)served.expect<NewMail>();
  served.answer(250);
  served.hear("235 2.7.0 Authentication successful\r\n250 said");
}

Test(smtp_server, challenges_and_responses_take_turns, .timeout = 30) {
  Served served(with_login());
  greet(served);
  served.say("AUTH LOGIN\r\n");
  expect_login(served, Mechanism::login, std::nullopt);
  challenge(served, "Username:");
  served.hear("334 VXNlcm5hbWU6\r\n");
  served.say("am9l\r\n");
  expect_response(served, "joe");
  challenge(served, "");
  served.hear("334 \r\n");
  served.say("\r\n");
  expect_response(served, "");
  judge(served, false);
  served.hear("535 5.7.8 ");
  served.say("AUTH SCRAM-SHA-256 =\r\n");
  expect_login(served, Mechanism::scram_sha_256, "");
  judge(served, true);
  served.hear("235 2.7.0 ");
}

Test(smtp_server, what_is_no_response_gives_the_login_up, .timeout = 30) {
  Served served(with_login());
  greet(served);
  served.say("AUTH PLAIN not_base64\r\n");
  served.hear("501 5.5.2 ");
  const std::pair<std::string, const char*> answers[] = {{"*", "501 5.7.0 "},
                                                         {"not base64", "501 5.5.2 "},
                                                         {"eA=", "501 5.5.2 "},
                                                         {std::string(12'288, 'x'), "500 5.5.6 "}};
  for (const auto& [answer, reply] : answers) {
    served.say("AUTH PLAIN\r\n");
    expect_login(served, Mechanism::plain, std::nullopt);
    challenge(served, "");
    served.hear("334 \r\n");
    served.say(answer + "\r\n");
    cr_expect(served.verifier->expect_one<Cancel>(soon()).has_value());
    served.hear(reply);
  }
  served.say("AUTH PLAIN\r\n");
  expect_login(served, Mechanism::plain, std::nullopt);
  challenge(served, "");
  served.say("AAAA\n");
  cr_expect(served.verifier->expect_one<Cancel>(soon()).has_value());
  served.hear("501 5.5.2 ");
}

Test(smtp_server, a_line_of_auth_may_be_long_and_no_other, .timeout = 30) {
  Served served(with_login());
  greet(served);
  const std::string longest(12'276, 'A');  // with "AUTH PLAIN " 12,287 octets: one too many
  served.say("AUTH PLAIN " + longest + "\r\n");
  served.hear("500 5.5.2 the line is too long\r\n");
  served.say("AUTH PLAIN " + longest.substr(4) + "\r\n");
  expect_login(served, Mechanism::plain, std::string(12'272 / 4 * 3, '\0'));
  judge(served, false);
  served.hear("535 ");
  served.say("NOOP " + longest.substr(4) + "\r\n");
  served.hear("500 5.5.2 the line is too long\r\n");
}

Test(smtp_server, five_failed_logins_are_enough, .timeout = 30) {
  Served served(with_login());
  greet(served);
  for (int i = 0; i < 5; ++i) {
    served.say("AUTH PLAIN AGpvZQB4\r\n");
    expect_login(served, Mechanism::plain, std::string_view("\0joe\0x", 6));
    judge(served, false);
    served.hear(i < 4 ? "535 5.7.8 " : "421 4.7.0 ");
  }
  cr_expect(failure(served) == ExitCode::protocol);
  cr_expect(served.has_hung_up());
}

Test(smtp_server, a_verifier_that_is_gone_is_a_temporary_failure, .timeout = 30) {
  Served before(with_login());
  before.verifier->close();
  greet(before);
  Served within(with_login());
  greet(within);
  for (Served* served : {&before, &within}) {
    served->say("AUTH PLAIN\r\n");
    if (served == &within) {
      expect_login(*served, Mechanism::plain, std::nullopt);
      served->verifier->close();
    }
    served->hear("454 4.7.0 ");
    served->say("AUTH PLAIN\r\nMAIL FROM:<joe@x.test>\r\nNOOP\r\n");
    const std::string heard = served->hear("2.0.0 Ok");
    cr_expect(heard.starts_with("454 4.7.0 ") && heard.find("530 5.7.0 ") != std::string::npos, "%s", heard.c_str());
  }
}

Test(smtp_server, a_verifier_that_never_comes_to_an_end_is_left, .timeout = 30) {
  Served served(with_login());
  greet(served);
  served.say("AUTH PLAIN\r\n");
  expect_login(served, Mechanism::plain, std::nullopt);
  for (std::size_t i = 0; i <= max_sasl_steps; ++i) {
    challenge(served, "x");
    served.hear("334 eA==\r\n");
    served.say("eA==\r\n");
    expect_response(served, "x");
  }
  challenge(served, "x");
  served.hear("454 4.7.0 ");
}

Test(smtp_server, it_retires_in_the_middle_of_a_login, .timeout = 30) {
  Served served(with_login());
  greet(served);
  served.say("AUTH PLAIN\r\n");
  expect_login(served, Mechanism::plain, std::nullopt);
  challenge(served, "");
  served.hear("334 \r\n");
  cr_assert(served.parent->send(Retire{}, soon()).has_value());
  served.hear("421 4.3.2 ");
  (void)served.expect<Departed>();
}

Test(smtp_server, a_chunk_before_a_login_is_skipped, .timeout = 30) {
  Served served(with_login());
  greet(served);
  served.say("BDAT 29 LAST\r\nMAIL FROM:<eve@x.test>\r\n.....NOOP\r\n");
  const std::string heard = served.hear("2.0.0 Ok");
  cr_expect(heard == "530 5.7.0 Authentication required\r\n250 2.0.0 Ok\r\n", "%s", heard.c_str());
}
