// The prompt on a pseudo-terminal: the question, the silence, and the terminal as it was, whatever happens.
#include "tests/process/authproc_process.hpp"

#include <csignal>
#include <functional>
#include <poll.h>
#include <termios.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

// A session with a terminal of its own. Its leader starts a job in the foreground: a "parent", which starts
// msmtp-authproc. The test itself keeps the channel and the terminal's other side.
class TerminalSession {
 public:
  TerminalSession() {
    master_ = Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    cr_assert(grantpt(master_.number()) == 0 && unlockpt(master_.number()) == 0);
    authproc_end_ = std::move(make_seqpacket_pair()).value();
    parent = Channel<ToAuthproc, FromAuthproc>(std::move(authproc_end_.left), "msmtp-authproc");
    netproc_ = std::move(make_seqpacket_pair()).value();
    reports_ = std::move(make_pipe()).value();
    leader_ = fork();
    if (leader_ == 0) lead();
    reports_.write_end.close();
    authproc_end_.right.close();
    netproc_.right.close();
    starter = report();
    authproc = report();
  }
  ~TerminalSession() {
    for (const int pid : {authproc, starter, leader_}) kill(pid, SIGKILL);
    waitpid(leader_, nullptr, 0);
  }

  void ask(std::string_view user) {
    Acquire question;
    question.user = *Text<4096>::from(user);
    question.host = *Line<max_host>::from("mail.example");
    question.source = PasswordSource::search;
    cr_assert(parent.send(question, soon()).has_value());
  }

  void type(std::string_view keys) { cr_assert(write_all(master_, keys).has_value()); }

  // What the terminal shows, until it shows EXPECTED or a while has passed.
  std::string shown_until(std::string_view expected) {
    std::string text;
    while (text.find(expected) == std::string::npos) {
      pollfd readable{master_.number(), POLLIN, 0};
      if (poll(&readable, 1, 5000) <= 0) break;
      char piece[512];
      const ssize_t count = read(master_.number(), piece, sizeof piece);
      if (count <= 0) break;
      text.append(piece, static_cast<std::size_t>(count));
    }
    return text;
  }

  bool echoes() const {
    termios settings{};
    cr_assert(tcgetattr(master_.number(), &settings) == 0);
    return (settings.c_lflag & ECHO) != 0;
  }
  bool echoes_soon() const {
    for (int tries = 0; tries < 500 && !echoes(); ++tries) usleep(10000);
    return echoes();
  }

  // The end of authproc as its starter saw it: its wait status.
  int end_of_authproc() { return report(); }

  Channel<ToAuthproc, FromAuthproc> parent{Fd(), ""};
  int starter = -1;
  int authproc = -1;

 private:
  int report() {
    int value = -1;
    pollfd readable{reports_.read_end.number(), POLLIN, 0};
    if (poll(&readable, 1, 10000) != 1) return -1;
    return read(reports_.read_end.number(), &value, sizeof value) == sizeof value ? value : -1;
  }
  void say(int value) const { (void)!write(reports_.write_end.number(), &value, sizeof value); }

  // The terminal goes when its leader goes; and a job without somebody behind it in the session cannot be stopped.
  [[noreturn]] void lead() {
    parent.close();
    setsid();
    const Fd terminal(open(ptsname(master_.number()), O_RDWR | O_CLOEXEC));
    const pid_t pid = fork();
    if (pid == 0) be_the_parent(terminal);
    authproc_end_.right.close();
    waitpid(pid, nullptr, 0);
    pause();
    _exit(0);
  }

  [[noreturn]] void be_the_parent(const Fd& terminal) {
    setpgid(0, 0);
    std::signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(terminal.number(), getpid());
    seal_inherited_descriptors();
    say(getpid());
    std::vector<HandedFd> handed;
    for (int number : {0, 1, 2}) handed.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), number});
    handed.push_back({std::move(authproc_end_.right), parent_channel_number});
    handed.push_back({std::move(netproc_.right), sasl_channel_number});
    Child child = std::move(spawn(authproc_path, std::move(handed), {"PATH=/usr/bin:/bin"})).value();
    say(child.pid());
    const auto status = child.wait(Deadline::never());
    say(status ? *status : -1);
    pause();
    _exit(0);
  }

  Fd master_;
  SocketPair authproc_end_;
  SocketPair netproc_;
  Pipe reports_;
  pid_t leader_ = -1;
};

constexpr std::string_view question_for_joe = "password for joe at mail.example: ";

void ask_joe(TerminalSession& session) {
  session.ask("joe");
  cr_assert(session.shown_until(question_for_joe) == question_for_joe);
  cr_assert(!session.echoes());
}

}  // namespace

Test(authproc_prompt, asks_and_reads_a_line_without_showing_it, .timeout = 30) {
  TerminalSession session;
  cr_assert(session.echoes());
  ask_joe(session);
  session.type("s3cret pass \n");
  const auto acquired = session.parent.expect_one<Acquired>(soon());
  cr_assert(acquired.has_value() && acquired->found);
  cr_expect(session.echoes());
  cr_expect(session.shown_until("\n") == "\r\n");
}

Test(authproc_prompt, the_name_cannot_steer_the_terminal, .timeout = 30) {
  TerminalSession session;
  session.ask("j\x1b[31moe\n");
  cr_expect(session.shown_until(": ") == "password for j?[31moe? at mail.example: ");
}

Test(authproc_prompt, an_empty_line_is_an_empty_password_and_the_end_of_file_is_none, .timeout = 30) {
  TerminalSession empty;
  ask_joe(empty);
  empty.type("\n");
  cr_expect(std::move(empty.parent.expect_one<Acquired>(soon())).value().found);

  TerminalSession ended;
  ask_joe(ended);
  ended.type("\x04");
  cr_expect(!std::move(ended.parent.expect_one<Acquired>(soon())).value().found);
  cr_expect(ended.echoes());
}

Test(authproc_prompt, the_keyboards_interrupt_leaves_the_terminal_as_it_was, .timeout = 30) {
  TerminalSession session;
  ask_joe(session);
  session.type("s3c\x03");
  cr_expect(session.echoes_soon());
  for (int tries = 0; tries < 500 && is_running(session.authproc); ++tries) usleep(10000);
  cr_expect(!is_running(session.authproc));
}

Test(authproc_prompt, a_signal_ends_it_by_that_signal_with_the_terminal_as_it_was, .timeout = 60) {
  for (const int number : {SIGTERM, SIGHUP, SIGINT, SIGQUIT}) {
    TerminalSession session;
    ask_joe(session);
    kill(session.authproc, number);
    const int status = session.end_of_authproc();
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == number, "signal %d: status %d", number, status);
    cr_expect(session.echoes());
  }
}

Test(authproc_prompt, a_killed_parent_leaves_the_terminal_as_it_was, .timeout = 30) {
  TerminalSession session;
  ask_joe(session);
  kill(session.starter, SIGKILL);
  cr_expect(session.echoes_soon());
}

Test(authproc_prompt, a_parent_that_hangs_up_leaves_the_terminal_as_it_was, .timeout = 30) {
  TerminalSession session;
  ask_joe(session);
  session.parent.close();
  const int status = session.end_of_authproc();
  cr_expect(WIFEXITED(status));
  cr_expect(session.echoes());
}

Test(authproc_prompt, it_asks_again_after_it_was_stopped, .timeout = 30) {
  TerminalSession session;
  ask_joe(session);
  kill(session.authproc, SIGTSTP);
  cr_expect(session.echoes_soon());
  for (int tries = 0; tries < 500 && status_of(session.authproc, "State")[0] != 'T'; ++tries) usleep(10000);
  cr_expect(status_of(session.authproc, "State")[0] == 'T');
  kill(session.authproc, SIGCONT);
  const std::string shown = session.shown_until(question_for_joe);
  cr_expect(shown.ends_with(question_for_joe), "%s", shown.c_str());
  cr_expect(!session.echoes());
  session.type("s3cret\n");
  cr_expect(std::move(session.parent.expect_one<Acquired>(soon())).value().found);
}
