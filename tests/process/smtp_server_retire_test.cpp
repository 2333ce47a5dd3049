// A server whose parent is about to end, one for LMTP, and mails that go in circles.
#include "tests/process/served.hpp"

using namespace msmtp;
using namespace msmtp::test;

namespace {

void retire(Served& served) {
  cr_assert(served.parent->send(Retire{}, soon()).has_value());
}

void expect_farewell(Served& served) {
  served.hear("421 4.3.2 msmtpd is about to end\r\n");
  (void)served.expect<Departed>();
  cr_expect(served.exit_status() == 0);
}

Serve lmtp() {
  Serve serve = settings();
  serve.lmtp = true;
  return serve;
}

// A mail for two, up to its content.
void begin_lmtp(Served& served) {
  served.hear("220 here.test LMTP msmtpd");
  served.say("LHLO client.test\r\nMAIL FROM:<joe@x.test>\r\nRCPT TO:<bob@x.test>\r\nRCPT TO:<ann@x.test>\r\n");
  (void)served.expect<NewMail>();
  served.answer(250);
  (void)served.expect<NewRecipient>();
  served.answer(250);
  (void)served.expect<NewRecipient>();
  served.answer(250);
  served.hear("250 said\r\n250 said\r\n250 said\r\n");
}

std::string hops(int count) {
  std::string header;
  for (int i = 0; i < count; ++i) header += "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n";
  return header + "Subject: x\r\n\r\nReceived: not a field\r\n";
}

}  // namespace

Test(smtp_server, it_retires_at_once_where_there_is_no_mail, .timeout = 30) {
  Served before_greeting(settings());
  retire(before_greeting);
  expect_farewell(before_greeting);
  Served waiting(settings());
  waiting.say("EHLO x\r\n");
  waiting.hear("250 ENHANCEDSTATUSCODES");
  retire(waiting);
  expect_farewell(waiting);
  Served in_a_line(settings());
  in_a_line.say("EHLO x\r\nMAIL FROM:<a");
  in_a_line.hear("250 ENHANCEDSTATUSCODES");
  retire(in_a_line);
  expect_farewell(in_a_line);
}

Test(smtp_server, it_retires_after_the_mail_that_there_is, .timeout = 30) {
  for (const bool chunked : {false, true}) {
    Served served(settings());
    served.begin_mail();
    retire(served);
    usleep(50'000);
    served.say(chunked ? "BDAT 3\r\nx\r\n" : "DATA\r\n");
    served.accept_content();
    served.say(chunked ? "BDAT 0 LAST\r\nNOOP\r\n" : "x\r\n.\r\nNOOP\r\n");
    cr_expect(served.content() == "x\r\n");
    served.answer(250);
    const std::string heard = served.hear("421 4.3.2 ");
    cr_expect(heard.find("250 said\r\n421") != std::string::npos, "%s", heard.c_str());
    (void)served.expect<Departed>();
    cr_expect(served.exit_status() == 0);
  }
}

// It may come instead of each answer that is awaited, and none is lost.
Test(smtp_server, retire_may_come_before_any_answer, .timeout = 30) {
  for (int when = 0; when < 4; ++when) {
    Served served(settings());
    const auto answer = [&, question = 0](std::uint16_t code) mutable {
      if (question++ == when) retire(served);
      served.answer(code);
    };
    auto reply = answer;
    served.hear("220 ");
    served.say("EHLO x\r\nMAIL FROM:<joe@x.test>\r\nRCPT TO:<bob@x.test>\r\nDATA\r\n");
    (void)served.expect<NewMail>();
    reply(250);
    (void)served.expect<NewRecipient>();
    reply(250);
    (void)served.expect<Content>();
    reply(354);
    served.hear("354 ");
    served.say("x\r\n.\r\n");
    cr_expect(served.content() == "x\r\n");
    reply(250);
    served.hear("250 said\r\n421 4.3.2 ");
    (void)served.expect<Departed>();
    cr_expect(served.exit_status() == 0);
  }
}

Test(smtp_server, a_mail_that_is_refused_or_given_up_is_the_last_too, .timeout = 30) {
  Served refused(settings());
  refused.hear("220 ");
  refused.say("EHLO x\r\nMAIL FROM:<joe@x.test>\r\n");
  (void)refused.expect<NewMail>();
  retire(refused);
  refused.answer(553);
  expect_farewell(refused);
  Served reset(settings());
  reset.begin_mail();
  retire(reset);
  reset.say("RSET\r\n");
  (void)reset.expect<Abandoned>();
  expect_farewell(reset);
}

Test(smtp_server, whoever_says_retire_twice_or_an_answer_unasked_is_broken, .timeout = 30) {
  Served twice(settings());
  twice.begin_mail();
  retire(twice);
  retire(twice);
  twice.hear("421 4.3.0 ");
  cr_expect(failure(twice) == ExitCode::software);
  Served unasked(settings());
  unasked.hear("220 ");
  unasked.answer(250);
  unasked.hear("421 4.3.0 ");
  Served in_answer(settings());
  in_answer.hear("220 ");
  in_answer.say("EHLO x\r\nMAIL FROM:<joe@x.test>\r\n");
  (void)in_answer.expect<NewMail>();
  retire(in_answer);
  retire(in_answer);
  in_answer.hear("421 4.3.0 ");
}

Test(smtp_server, lmtp_has_a_reply_for_each_recipient, .timeout = 30) {
  for (const bool chunked : {false, true}) {
    Served served(lmtp());
    begin_lmtp(served);
    served.say(chunked ? "BDAT 3 LAST\r\nx\r\nNOOP\r\n" : "DATA\r\n");
    served.accept_content();
    if (!chunked) served.hear("354 ");
    if (!chunked) served.say("x\r\n.\r\nNOOP\r\n");
    cr_expect(served.content() == "x\r\n");
    served.answer(554);
    const std::string heard = served.hear("2.0.0 Ok\r\n");
    cr_expect(heard == "554 said\r\n554 said\r\n250 2.0.0 Ok\r\n", "%s", heard.c_str());
  }
}

Test(smtp_server, lmtp_has_one_reply_where_the_content_is_not_wanted, .timeout = 30) {
  Served served(lmtp());
  begin_lmtp(served);
  served.say("DATA\r\nNOOP\r\n");
  (void)served.expect<Content>();
  served.answer(451);
  cr_expect(served.hear("2.0.0 Ok\r\n") == "451 said\r\n250 2.0.0 Ok\r\n");
}

Test(smtp_server, a_mail_that_goes_in_circles_is_not_taken, .timeout = 30) {
  for (const bool chunked : {false, true}) {
    Served served(settings());
    served.begin_mail();
    const std::string mail = hops(101);
    served.say(chunked ? "BDAT " + std::to_string(mail.size()) + " LAST\r\n" : "DATA\r\n");
    served.accept_content();
    served.say(mail + (chunked ? "NOOP\r\n" : ".\r\nNOOP\r\n"));
    (void)served.expect<Abandoned>();
    const std::string heard = served.hear("250 2.0.0 Ok\r\n");
    cr_expect(heard.find("554 5.4.6 ") != std::string::npos, "%s", heard.c_str());
    served.say("MAIL FROM:<joe@x.test>\r\n");
    (void)served.expect<NewMail>();
  }
}

Test(smtp_server, a_hundred_servers_are_no_circle, .timeout = 30) {
  Served served(settings());
  served.begin_mail();
  served.say("DATA\r\n");
  served.accept_content();
  served.say(hops(100) + ".\r\n");
  cr_expect(served.content() == hops(100));
}

// What a reader of LF alone, of CR, or of a dot with anything else would take for the end: none of it is.
Test(smtp_server, nothing_but_crlf_dot_crlf_ends_a_mail, .timeout = 60) {
  for (const char* not_the_end : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n. \r\n",
                                  "\n\n.\r\n", "\r\r\n.\r\r\n", "\r\n\x0b.\r\n"}) {
    Served served(settings());
    served.begin_mail();
    served.say("DATA\r\n");
    served.accept_content();
    served.hear("354 ");
    served.say("a" + std::string(not_the_end) + "MAIL FROM:<eve@x.test>\r\n.\r\n");
    const std::string content = served.content();
    cr_expect(content.ends_with("MAIL FROM:<eve@x.test>\r\n"), "%s", content.c_str());
    served.answer(250);
    served.hear("250 said\r\n");
    served.say("QUIT\r\n");
    (void)served.expect<Departed>();  // and no NewMail
  }
}

Test(smtp_server, a_flood_of_recipients_is_answered_and_bounded, .timeout = 60) {
  Served served(settings());
  served.begin_mail();
  const pid_t writer = fork();
  if (writer == 0) {
    for (int i = 0; i < 100'000; ++i) served.say("RCPT TO:<bob@x.test>\r\n");
    served.say("QUIT\r\n");
    _exit(0);
  }
  const pid_t reader = fork();
  if (reader == 0) {
    served.parent->close();
    const std::string heard = served.hear("221 ");
    _exit(heard.size() > 100'000 * std::string_view("452 4.5.3 too many recipients\r\n").size() - 100'000 ? 0 : 1);
  }
  int asked = 0;
  for (;;) {
    const auto message = served.parent->expect<NewRecipient, Departed>(soon());
    cr_assert(message.has_value());
    if (std::holds_alternative<Departed>(*message)) break;
    ++asked;
    served.answer(250);
  }
  cr_expect(asked == 99, "%d", asked);
  int status = -1;
  waitpid(reader, &status, 0);
  cr_expect(status == 0);
  waitpid(writer, nullptr, 0);
}
