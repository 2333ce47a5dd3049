// The parent of an SMTP session: with a server that says what it should, dies, lies, is silent or floods it, and with
// processes that take the mail, or do not.
#include "parent/smtp_session.hpp"

#include "tests/process/played_crew.hpp"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

Serve settings(std::uint32_t total_seconds = 0) {
  Serve serve;
  serve.name = *Line<max_host>::from("here.test");
  serve.max_recipients = 3;
  serve.idle_seconds = 10;
  serve.total_seconds = total_seconds;
  return serve;
}

// Processes that take mail: each writes what it got to a pipe, when it is sure that it got all.
class Takers final : public MailService {
 public:
  Takers() : report_(make_pipe().value()) { std::signal(SIGPIPE, SIG_IGN); }

  int exit_code = 0;
  bool confirmed = true;   // whether they are told of the end by a confirmation
  bool reads = true;       // or they end before they have read anything
  bool in_time = true;     // or they are started only for a mail that is whole
  std::string last_words;  // on standard error
  int started = 0;

  // What they all wrote; they have to be gone.
  std::string report() {
    report_.write_end.close();
    std::string text;
    char bytes[4096];
    for (ssize_t size; (size = read(report_.read_end.number(), bytes, sizeof bytes)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(size));
    }
    return text;
  }

  bool has_time() const override { return !in_time; }
  Result<DeliveryEnds> start(const SessionMail& mail) override {
    ++started;
    Pipe input = make_pipe().value();
    Pipe errors = make_pipe().value();
    SocketPair life = make_seqpacket_pair().value();
    cr_assert(set_nonblocking(input.write_end).has_value() && set_nonblocking(errors.read_end).has_value());
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      input.write_end.close();
      errors.read_end.close();
      life.left.close();
      take(mail, input.read_end, errors.write_end, life.right);
    }
    if (!confirmed) life.left.close();
    return DeliveryEnds{Child(pid), std::move(input.write_end), std::move(errors.read_end), std::move(life.left), {}};
  }

 private:
  [[noreturn]] void take(const SessionMail& mail, const Fd& input, const Fd& errors, const Fd& life) {
    std::string content;
    char bytes[4096];
    if (!reads) _exit(exit_code);
    for (ssize_t size; (size = read(input.number(), bytes, sizeof bytes)) > 0;) {
      if (content.size() < 1000) content.append(bytes, static_cast<std::size_t>(size));
    }
    char byte = 0;
    if (!confirmed || read(life.number(), &byte, 1) == 1) {
      std::string line = mail.sender.reverse_path.str() + " to";
      for (const std::string& recipient : mail.recipients) line += ' ' + recipient;
      (void)write_all(report_.write_end, line + ": " + content.substr(0, 1000) + "\n");
    }
    (void)write_all(errors, last_words);
    _exit(exit_code);
  }

  Pipe report_;
};

Line<max_mailbox> path(std::string_view text) {
  return *Line<max_mailbox>::from(text);
}

std::uint16_t answered(ServerEnd& end) {
  const auto answer = end.expect_one<ClientAnswer>(in_ten_seconds());
  return answer ? answer->code : std::uint16_t{0};
}

// Whatever the parent should have said and has not ends the script by a status that is seen.
void insist(bool holds) {
  if (!holds) _exit(99);
}

void begin(ServerEnd& end) {
  insist(end.expect_one<Serve>(in_ten_seconds()).has_value());
}

void envelope(ServerEnd& end, std::string_view sender = "joe@x.test") {
  insist(end.send(NewMail{path(sender), false, 0, false, false, {}, true}).has_value() && answered(end) == 250);
  insist(end.send(NewRecipient{path("bob@x.test")}).has_value() && answered(end) == 250);
}

void content(ServerEnd& end) {
  insist(end.send(Content{}).has_value() && answered(end) == 354);
}

Result<void> chunk(ServerEnd& end, std::string_view bytes) {
  return end.send(Chunk{*BytesView<max_body_piece>::from(bytes)}, in_ten_seconds());
}

std::uint16_t whole_mail(ServerEnd& end, std::string_view text) {
  envelope(end);
  content(end);
  insist(chunk(end, text).has_value() && end.send(ChunkEnd{text.size()}).has_value());
  return answered(end);
}

Result<void> run(PlayedCrew& played, Takers& takers, const Serve& serve = settings()) {
  return SmtpSession(played.crew, takers, serve).run();
}

}  // namespace

Test(smtp_session, a_mail_comes_to_its_taker_and_the_client_hears_how_it_went, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    insist(whole_mail(end, "one") == 250);
    insist(whole_mail(end, "two") == 250);
    insist(end.send(Departed{}).has_value());
  });
  const auto led = run(played, takers);
  cr_assert(led.has_value(), "%s", led.error().text.c_str());
  cr_expect(takers.report() == "joe@x.test to bob@x.test: one\njoe@x.test to bob@x.test: two\n");
}

Test(smtp_session, a_taker_without_a_confirmation_hears_the_end_of_its_input, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  takers.confirmed = false;
  takers.exit_code = 75;
  played.play_server([](ServerEnd& end) {
    begin(end);
    insist(whole_mail(end, "one") == 451);
    insist(end.send(Departed{}).has_value());
  });
  cr_assert(run(played, takers).has_value());
  cr_expect(takers.report() == "joe@x.test to bob@x.test: one\n");
}

Test(smtp_session, after_a_mail_that_failed_the_next_one_is_taken, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  takers.exit_code = 65;
  takers.last_words = "msmtp: nobody wants it\nmsmtp: could not send mail\n";
  played.play_server([](ServerEnd& end) {
    begin(end);
    for (int i = 0; i < 3; ++i) {
      envelope(end);
      content(end);
      insist(chunk(end, "x").has_value() && end.send(ChunkEnd{1}).has_value());
      const auto answer = end.expect_one<ClientAnswer>(in_ten_seconds());
      insist(answer.has_value() && answer->code == 554 && answer->text.view() == "5.0.0 msmtp: nobody wants it");
    }
    insist(end.send(Departed{}).has_value());
  });
  cr_assert(run(played, takers).has_value());
  cr_expect(takers.started == 3);
}

Test(smtp_session, a_taker_that_ends_early_stops_nobody, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  takers.reads = false;
  takers.exit_code = 78;
  played.play_server([](ServerEnd& end) {
    begin(end);
    envelope(end);
    content(end);
    const std::string piece(max_body_piece, 'x');
    for (int i = 0; i < 200; ++i) insist(chunk(end, piece).has_value());
    insist(end.send(ChunkEnd{200 * piece.size()}).has_value() && answered(end) == 554);
    insist(end.send(Departed{}).has_value());
  });
  cr_assert(run(played, takers).has_value());
}

Test(smtp_session, a_mail_that_is_abandoned_is_not_sent_and_the_next_one_is, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    envelope(end);
    insist(end.send(Abandoned{}).has_value());
    envelope(end);
    content(end);
    insist(chunk(end, "half").has_value() && end.send(Abandoned{}).has_value());
    insist(whole_mail(end, "whole") == 250);
    insist(end.send(Departed{}).has_value());
  });
  cr_assert(run(played, takers).has_value());
  cr_expect(takers.report() == "joe@x.test to bob@x.test: whole\n");
  cr_expect(takers.started == 2);
}

Test(smtp_session, where_there_is_time_nobody_is_started_for_half_a_small_mail, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  takers.in_time = false;
  played.play_server([](ServerEnd& end) {
    begin(end);
    for (int i = 0; i < 3; ++i) {
      envelope(end);
      content(end);
      insist(chunk(end, "half").has_value() && end.send(Abandoned{}).has_value());
    }
    insist(whole_mail(end, "small") == 250 && whole_mail(end, "") == 250);
    envelope(end);
    content(end);
    insist(chunk(end, "in ").has_value() && chunk(end, "three ").has_value() && chunk(end, "pieces").has_value());
    insist(end.send(ChunkEnd{15}).has_value() && answered(end) == 250);
    insist(end.send(Departed{}).has_value());
  });
  cr_assert(run(played, takers).has_value());
  cr_expect(takers.started == 3);
  cr_expect(takers.report() ==
            "joe@x.test to bob@x.test: small\njoe@x.test to bob@x.test: \n"
            "joe@x.test to bob@x.test: in three pieces\n");
}

Test(smtp_session, whoever_goes_in_the_middle_of_a_mail_has_not_sent_it, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    envelope(end);
    content(end);
    insist(chunk(end, "half").has_value() && end.send(Departed{}).has_value());
  });
  cr_assert(run(played, takers).has_value());
  cr_expect(takers.report().empty());
}

Test(smtp_session, a_server_that_dies_in_a_mail_has_not_sent_it, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    envelope(end);
    content(end);
    insist(chunk(end, "half").has_value());
    (void)std::raise(SIGKILL);
  });
  auto led = run(played, takers);
  cr_assert(!led.has_value() && led.error().cause == Cause::peer_gone);
  cr_expect(played.crew.explain(led.error()).text == "msmtp-smtpd was killed by signal 9");
  cr_expect(takers.report().empty());
}

Test(smtp_session, a_server_that_ends_without_a_word_is_an_error, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) { begin(end); });
  const auto led = run(played, takers);
  cr_expect(!led.has_value() && led.error().cause == Cause::peer_gone);
}

Test(smtp_session, why_a_server_gives_up_is_what_the_session_ends_with, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    envelope(end);
    content(end);
    insist(chunk(end, "half").has_value());
    insist(end.send(Failed{ExitCode::io_error, Text<4096>::cut("the SMTP client has gone"), {}}).has_value());
  });
  const auto led = run(played, takers);
  cr_assert(!led.has_value());
  cr_expect(led.error().code == ExitCode::io_error && led.error().text == "the SMTP client has gone");
  cr_expect(takers.report().empty());
}

Test(smtp_session, a_silent_server_is_waited_for_no_longer_than_the_session_may_last, .timeout = 30) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    envelope(end);
    content(end);
    insist(chunk(end, "half").has_value());
    pause();
  });
  const auto led = run(played, takers, settings(1));
  cr_expect(!led.has_value() && led.error().cause == Cause::peer_silent);
  cr_expect(takers.report().empty());
}

// ---- lies ----

namespace {

void expect_lie(const char* lie, const std::function<void(ServerEnd&)>& script) {
  PlayedCrew played;
  Takers takers;
  played.play_server([&](ServerEnd& end) {
    begin(end);
    script(end);
    pause();
  });
  const auto led = run(played, takers);
  cr_expect(!led.has_value() && led.error().cause == Cause::peer_lied, "%s", lie);
  cr_expect(takers.report().empty(), "%s: a mail was sent", lie);
}

}  // namespace

Test(smtp_session, a_server_that_says_what_is_not_legal_now_ends_the_session, .timeout = 60) {
  expect_lie("content without a mail", [](ServerEnd& end) { (void)end.send(Content{}); });
  expect_lie("a recipient without a mail", [](ServerEnd& end) { (void)end.send(NewRecipient{path("a@b")}); });
  expect_lie("no mail to abandon", [](ServerEnd& end) { (void)end.send(Abandoned{}); });
  expect_lie("a chunk before the content", [](ServerEnd& end) {
    envelope(end);
    (void)chunk(end, "x");
  });
  expect_lie("the end before the content", [](ServerEnd& end) {
    envelope(end);
    (void)end.send(ChunkEnd{0});
  });
  expect_lie("content for nobody", [](ServerEnd& end) {
    (void)end.send(NewMail{path("a@b"), false, 0, false, false, {}, true});
    insist(answered(end) == 250);
    (void)end.send(Content{});
  });
  expect_lie("two mails at once", [](ServerEnd& end) {
    envelope(end);
    (void)end.send(NewMail{path("a@b"), false, 0, false, false, {}, true});
  });
  expect_lie("a recipient in the content", [](ServerEnd& end) {
    envelope(end);
    content(end);
    (void)end.send(NewRecipient{path("eve@x.test")});
  });
  expect_lie("another size", [](ServerEnd& end) {
    envelope(end);
    content(end);
    (void)chunk(end, "12345");
    (void)end.send(ChunkEnd{4});
  });
  expect_lie("too many recipients", [](ServerEnd& end) {
    envelope(end);
    for (int i = 0; i < 3; ++i) (void)end.send(NewRecipient{path("a@b")});
  });
  expect_lie("no message", [](ServerEnd& end) { (void)end.socket().send("\xff\xff", in_ten_seconds()); });
}

Test(smtp_session, addresses_are_looked_at_again, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    for (const char* bad : {"a@b>\t<c@d", "a>b", "\"a", "a\x01@b"}) {
      insist(end.send(NewMail{path(bad), false, 0, false, false, {}, true}).has_value() && answered(end) == 553);
    }
    insist(end.send(NewMail{path(""), false, 0, false, false, {}, true}).has_value() && answered(end) == 250);
    insist(end.send(NewRecipient{path("")}).has_value() && answered(end) == 553);
    insist(end.send(NewRecipient{path("<a@b>")}).has_value() && answered(end) == 553);
    insist(end.send(NewRecipient{path("-a@b")}).has_value() && answered(end) == 250);
    content(end);
    insist(end.send(ChunkEnd{0}).has_value() && answered(end) == 250);
    insist(end.send(Departed{}).has_value());
  });
  cr_assert(run(played, takers).has_value());
  cr_expect(takers.report() == " to -a@b: \n");
}

namespace {

class Unavailable final : public MailService {
 public:
  explicit Unavailable(bool has_time) : has_time_(has_time) {}
  bool has_time() const override { return has_time_; }
  Result<DeliveryEnds> start(const SessionMail&) override { return fail(ExitCode::os_error, "no more\nprocesses"); }

 private:
  bool has_time_;
};

}  // namespace

Test(smtp_session, where_no_taker_can_be_started_the_client_may_try_again, .timeout = 20) {
  PlayedCrew played;
  played.play_server([](ServerEnd& end) {
    begin(end);
    for (int i = 0; i < 2; ++i) {
      envelope(end);
      insist(end.send(Content{}).has_value() && answered(end) == 451);
    }
    insist(end.send(Departed{}).has_value());
  });
  Unavailable none(false);
  cr_expect(SmtpSession(played.crew, none, settings()).run().has_value());
}

Test(smtp_session, where_that_turns_out_later_the_client_hears_it_at_the_end, .timeout = 20) {
  PlayedCrew played;
  played.play_server([](ServerEnd& end) {
    begin(end);
    for (int i = 0; i < 2; ++i) insist(whole_mail(end, "x") == 451);
    envelope(end);
    content(end);
    for (int i = 0; i < 3; ++i) insist(chunk(end, "x").has_value());
    insist(end.send(ChunkEnd{3}).has_value() && answered(end) == 451);
    insist(end.send(Departed{}).has_value());
  });
  Unavailable none(true);
  cr_expect(SmtpSession(played.crew, none, settings()).run().has_value());
}

Test(smtp_session, a_server_that_passes_on_more_than_a_mail_may_have_has_lied, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    insist(whole_mail(end, "0123456789") == 250);
    envelope(end);
    content(end);
    (void)chunk(end, "01234");
    (void)chunk(end, "567890");
    pause();
  });
  Serve serve = settings();
  serve.size_limit = 10;
  const auto led = run(played, takers, serve);
  cr_assert(!led.has_value() && led.error().cause == Cause::peer_lied);
  cr_expect(takers.report() == "joe@x.test to bob@x.test: 0123456789\n");
}

Test(smtp_session, a_server_that_has_to_end_may_bring_the_mail_that_was_on_its_way_and_no_other, .timeout = 20) {
  PlayedCrew played;
  Takers takers;
  played.play_server([](ServerEnd& end) {
    begin(end);
    insist(end.expect_one<Retire>(in_ten_seconds()).has_value());
    insist(whole_mail(end, "on its way") == 250);
    envelope(end);
    pause();
  });
  SmtpSession session(played.crew, takers, settings());
  const Pipe sign = make_pipe().value();
  cr_assert(write_all(sign.write_end, ".").has_value());
  session.retire_with(sign.read_end.number());
  const auto led = session.run();
  cr_assert(!led.has_value() && led.error().cause == Cause::peer_lied);
  cr_expect(takers.report() == "joe@x.test to bob@x.test: on its way\n");
}

// ---- a server that was taken over ----

namespace {

using Said = void (*)(ServerEnd&);

template <class Message>
void say(ServerEnd& end) {
  if constexpr (std::same_as<Message, Chunk>) {
    (void)end.send(Chunk{*BytesView<max_body_piece>::from("x")}, in_ten_seconds());
  } else if constexpr (std::same_as<Message, NewMail>) {
    (void)end.send(NewMail{path("joe@x.test"), false, 0, false, false, {}, true}, in_ten_seconds());
  } else if constexpr (std::same_as<Message, NewRecipient>) {
    (void)end.send(NewRecipient{path("bob@x.test")}, in_ten_seconds());
  } else {
    (void)end.send(Message{}, in_ten_seconds());
  }
}

constexpr Said everything[] = {say<NewMail>,  say<NewRecipient>, say<Content>,  say<Chunk>,
                               say<ChunkEnd>, say<Abandoned>,    say<Departed>, say<Failed>};
constexpr std::size_t words = std::size(everything);

}  // namespace

// NewMail and then every sequence of three messages that wait for no answer: what is sent is the one mail that was
// whole, and no session hangs.
Test(smtp_session, whatever_a_server_says_in_whatever_order_only_whole_mails_are_sent, .timeout = 100) {
  for (std::size_t number = 0; number < words * words * words; ++number) {
    PlayedCrew played;
    Takers takers;
    played.play_server([number](ServerEnd& end) {
      begin(end);
      say<NewMail>(end);
      for (std::size_t i = 0, rest = number; i < 3; ++i, rest /= words) everything[rest % words](end);
      end.socket().finish_sending();
      while (end.socket().receive(in_ten_seconds()).has_value()) {}
    });
    (void)run(played, takers);
    const bool is_whole = everything[number % words] == say<NewRecipient> &&
                          everything[number / words % words] == say<Content> &&
                          everything[number / words / words] == say<ChunkEnd>;
    cr_expect(takers.report() == (is_whole ? "joe@x.test to bob@x.test: \n" : ""), "sequence %zu", number);
  }
}
