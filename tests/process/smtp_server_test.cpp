// The process that serves an SMTP client, in its sandbox: with clients that are slow, rude, endless or gone, and a
// parent that dies or lies.
#include "tests/process/served.hpp"

using namespace msmtp;
using namespace msmtp::test;

Test(smtp_server, a_whole_session, .timeout = 30) {
  Served served(settings());
  served.begin_mail();
  served.say("DATA\r\n");
  served.accept_content();
  served.hear("354 ");
  served.say("Subject: x\r\n\r\n..dots\r\nbare\n.\nend\r\n.\r\nNOOP\r\n");
  cr_expect(served.content() == "Subject: x\r\n\r\n.dots\r\nbare\n.\nend\r\n");
  served.answer(250);
  served.hear("250 said\r\n250 2.0.0 Ok\r\n");
  served.say("QUIT\r\n");
  served.hear("221 ");
  (void)served.expect<Departed>();
  cr_expect(served.exit_status() == 0);
}

Test(smtp_server, large_content_comes_in_bounded_pieces, .timeout = 60) {
  Served served(settings());
  served.begin_mail();
  served.say("DATA\r\n");
  served.accept_content();
  const std::string line = std::string(998, 'x') + "\r\n";
  const pid_t writer = fork();
  if (writer == 0) {
    for (int i = 0; i < 5000; ++i) served.say(line);
    served.say(".\r\n");
    _exit(0);
  }
  int chunks = 0;
  cr_expect(served.content(&chunks).size() == 5000 * line.size());
  cr_expect(chunks == 82, "%d", chunks);  // each but the last one is full
  waitpid(writer, nullptr, 0);
}

Test(smtp_server, tiny_chunks_reach_the_parent_as_large_ones, .timeout = 60) {
  Served served(settings());
  served.begin_mail();
  const pid_t writer = fork();
  if (writer == 0) {
    for (int i = 0; i < 20'000; ++i) served.say("BDAT 1\r\nx");
    served.say("BDAT 0 LAST\r\n");
    _exit(0);
  }
  served.accept_content();
  std::string replies;
  while (replies.size() < 20'000 * std::string_view("250 2.0.0 1 octets received\r\n").size()) {
    const std::string more = served.hear("\n");
    if (more.empty()) break;
    replies += more;
  }
  int chunks = 0;
  cr_expect(served.content(&chunks) == std::string(20'000, 'x'));
  cr_expect(chunks == 1);
  waitpid(writer, nullptr, 0);
}

Test(smtp_server, chunks_for_nobody_are_not_taken_for_commands, .timeout = 30) {
  Served served(settings());
  served.hear("220 ");
  served.say("EHLO x\r\nBDAT 29 LAST\r\nMAIL FROM:<eve@x.test>\r\n.....NOOP\r\n");
  const std::string heard = served.hear("250 2.0.0 Ok");
  cr_expect(heard.find("503 5.5.1 MAIL first\r\n250 2.0.0 Ok") != std::string::npos, "%s", heard.c_str());
}

Test(smtp_server, a_mail_that_grows_too_large_is_given_up_and_the_session_goes_on, .timeout = 30) {
  Serve serve = settings();
  serve.size_limit = 100'000;
  Served served(serve);
  served.begin_mail();
  served.say("DATA\r\n");
  served.accept_content();
  served.say(std::string(99'000, 'x') + "\r\n" + std::string(99'000, 'x') + "\r\n.\r\nNOOP\r\n");
  auto message = served.parent->expect<Chunk, Abandoned>(soon());
  while (message && std::holds_alternative<Chunk>(*message)) message = served.parent->expect<Chunk, Abandoned>(soon());
  cr_expect(message.has_value());
  served.hear("552 5.3.4 the mail is too large\r\n250 2.0.0 Ok");
}

Test(smtp_server, a_parent_that_refuses_the_content_is_asked_again_for_the_next, .timeout = 30) {
  Served served(settings());
  served.begin_mail();
  served.say("DATA\r\n");
  (void)served.expect<Content>();
  served.answer(451);
  served.hear("451 said");
  served.say("MAIL FROM:<joe@x.test>\r\n");
  (void)served.expect<NewMail>();
  served.answer(250);
  served.hear("250 said");
}

// ---- clients that behave badly ----

Test(smtp_server, a_client_that_is_gone_in_the_content_has_sent_nothing, .timeout = 30) {
  for (const bool chunked : {false, true}) {
    Served served(settings());
    served.begin_mail();
    served.say(chunked ? "BDAT 1000 LAST\r\n" : "DATA\r\n");
    served.accept_content();
    served.say("Subject: x\r\n\r\nhalf\r\n.");
    served.hang_up();
    cr_expect(failure(served) == ExitCode::io_error);
    cr_expect(WEXITSTATUS(served.exit_status()) == static_cast<int>(ExitCode::io_error));
  }
}

Test(smtp_server, a_client_that_goes_elsewhere_just_goes, .timeout = 30) {
  Served served(settings());
  served.begin_mail();
  served.say("NOO");
  served.hang_up();
  (void)served.expect<Departed>();
  cr_expect(served.exit_status() == 0);
}

Test(smtp_server, a_silent_client_is_told_and_left, .timeout = 30) {
  Serve serve = settings();
  serve.idle_seconds = 1;
  Served served(serve);
  served.hear("421 4.4.2 ");
  cr_expect(failure(served) == ExitCode::temporary_failure);
  cr_expect(served.has_hung_up());
}

Test(smtp_server, a_client_that_drips_gains_no_time, .timeout = 30) {
  Serve serve = settings();
  serve.idle_seconds = 1;
  Served in_command(serve);
  Served in_content(serve);
  in_content.begin_mail();
  in_content.say("DATA\r\n");
  in_content.accept_content();
  for (int i = 0; i < 8; ++i) {
    in_command.say("N");
    in_content.say("x\r\n");
    usleep(200'000);
  }
  in_command.hear("421 4.4.2 ");
  in_content.hear("421 4.4.2 ");
  cr_expect(failure(in_command) == ExitCode::temporary_failure);
}

Test(smtp_server, no_session_outlives_its_total_time, .timeout = 30) {
  Serve serve = settings();
  serve.total_seconds = 1;
  Served served(serve);
  for (int i = 0; i < 8; ++i) {
    served.say("NOOP\r\n");
    usleep(200'000);
  }
  served.hear("421 4.4.2 ");
  cr_expect(served.has_hung_up());
}

Test(smtp_server, an_endless_line_is_not_kept_and_ends_the_session, .timeout = 30) {
  Served served(settings());
  served.hear("220 ");
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 40; ++i) served.say(piece);
  served.hear("500 5.5.2 the line is too long");
  cr_expect(failure(served) == ExitCode::protocol);
}

Test(smtp_server, a_long_line_is_an_error_and_no_more, .timeout = 30) {
  Served served(settings());
  served.say(std::string(10'000, 'x') + "\r\nNOOP\r\n");
  served.hear("500 5.5.2 the line is too long\r\n250 2.0.0 Ok");
}

Test(smtp_server, who_speaks_before_the_greeting_is_sent_away_where_that_is_asked_for, .timeout = 30) {
  Serve serve = settings();
  Served patient(serve, "NOOP\r\n");
  patient.hear("250 2.0.0 Ok");
  serve.greeting_first = true;
  Served strict(serve, "NOOP\r\n");
  strict.hear("554 5.5.1 ");
  cr_expect(failure(strict) == ExitCode::protocol);
  cr_expect(strict.has_hung_up());
}

Test(smtp_server, lf_alone_ends_neither_a_line_nor_a_mail_where_that_is_not_allowed, .timeout = 30) {
  Served served(settings());
  served.begin_mail();
  served.say("NOOP\nDATA\n");
  served.hear("500 5.5.2 a line ends in CRLF\r\n500 5.5.2 a line ends in CRLF");
  served.say("DATA\r\n");
  served.accept_content();
  served.say("a\r\n\n.\nb\n.\r\nMAIL FROM:<eve@x.test>\r\n\r\n.\r\n");
  cr_expect(served.content() == "a\r\n\n.\nb\n.\r\nMAIL FROM:<eve@x.test>\r\n\r\n");
}

Test(smtp_server, a_bdat_that_is_not_obeyed_ends_the_session, .timeout = 30) {
  for (const char* line : {"BDAT 30\n", "BDAT x\r\n", "BDAT 99999999999999999999\r\n"}) {
    Served served(settings());
    served.begin_mail();
    served.say(std::string(line) + "MAIL FROM:<eve@x.test>\r\n");
    served.hear("501 5.5.4 ");
    cr_expect(failure(served) == ExitCode::protocol);
  }
}

Test(smtp_server, where_lf_is_allowed_the_line_of_data_says_what_ends_the_mail, .timeout = 30) {
  Serve serve = settings();
  serve.lf_lines = true;
  Served with_lf(serve);
  with_lf.begin_mail("\n");
  with_lf.say("DATA\n");
  with_lf.accept_content();
  with_lf.say("a\n..b\n.\nNOOP\n");
  cr_expect(with_lf.content() == "a\n.b\n");
  with_lf.answer(250);
  with_lf.hear("250 2.0.0 Ok");
  Served with_crlf(serve);
  with_crlf.begin_mail();
  with_crlf.say("DATA\r\n");
  with_crlf.accept_content();
  with_crlf.say("a\n.\nMAIL FROM:<eve@x.test>\n\r\n.\r\n");
  cr_expect(with_crlf.content() == "a\n.\nMAIL FROM:<eve@x.test>\n\r\n");
}

Test(smtp_server, twenty_errors_are_enough_and_so_is_http, .timeout = 30) {
  Served served(settings());
  for (int i = 0; i < 25; ++i) served.say("FOO\r\n");
  served.hear("421 4.7.0 too many errors");
  cr_expect(failure(served) == ExitCode::protocol);
  Served browser(settings());
  browser.say("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nEHLO x\r\nMAIL FROM:<eve@x.test>\r\n");
  browser.hear("554 5.5.1 this is SMTP");
  cr_expect(failure(browser) == ExitCode::protocol);
}

// ---- parents that behave badly ----

Test(smtp_server, it_ends_with_its_parent_while_it_waits_for_the_client, .timeout = 30) {
  Served served(settings());
  served.hear("220 ");
  served.parent->close();
  served.hear("421 4.3.0 ");
  cr_expect(WEXITSTATUS(served.exit_status()) == static_cast<int>(ExitCode::software));
}

Test(smtp_server, it_ends_with_its_parent_while_it_waits_for_an_answer, .timeout = 30) {
  Served served(settings());
  served.begin_mail();
  served.say("DATA\r\n");
  (void)served.expect<Content>();
  served.parent->close();
  served.hear("421 4.3.0 ");
}

Test(smtp_server, answers_that_are_none_end_the_session_without_reaching_the_client, .timeout = 30) {
  for (const std::uint16_t code : {0, 99, 199, 600, 65535}) {
    Served served(settings());
    served.hear("220 ");
    served.say("EHLO x\r\nMAIL FROM:<a@b>\r\n");
    (void)served.expect<NewMail>();
    served.answer(code);
    served.hear("421 4.3.0 ");
  }
}
