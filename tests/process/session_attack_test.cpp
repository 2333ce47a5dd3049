// A session of msmtpd between a server that was taken over, a check that may have been, and the command: what they can
// make it do. The session is a process; the test plays everybody else.
#include "parent/client_session.hpp"

#include <criterion/criterion.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <poll.h>
#include <span>
#include <sstream>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace msmtp;

namespace {

using Listener = Channel<ToSession, FromSession>;
using Server = Channel<FromServer, ToServer>;
using Checker = Channel<FromCheck, ToSession>;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

Line<max_mailbox> path(std::string_view text) {
  return *Line<max_mailbox>::from(text);
}

NewMail mail_from(std::string_view sender) {
  return {path(sender), false, 0, false, false, {}, true};
}

// A folder with the command, which writes there what it was given.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/msmtp-session-XXXXXX";
    cr_assert(mkdtemp(name) != nullptr);
    name_ = name;
    std::ofstream(command()) << "#!/bin/sh\n{ echo \"ran for:\" \"$@\"; cat; } >>" << name_ << "/report\n";
    cr_assert(chmod(command().c_str(), 0700) == 0);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(name_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string command() const { return name_ + "/take"; }
  std::string report() const {
    std::ostringstream text;
    text << std::ifstream(name_ + "/report").rdbuf();
    return text.str();
  }
  bool has(const std::string& file) const { return std::filesystem::exists(name_ + "/" + file); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

class Attacked {
 public:
  explicit Attacked(bool login = false, const std::string& more_of_command = " -f %F --") {
    SocketPair listener_ends = make_seqpacket_pair().value();
    options.max_size = 10;
    options.max_recipients = 2;
    if (login) options.login = LoginOptions{"joe", ""};
    pid_ = fork();
    cr_assert(pid_ >= 0, "no process");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      listener_ends.left.close();
      live(folder.command() + more_of_command, std::move(listener_ends.right));
    }
    listener.emplace(std::move(listener_ends.left), "the session");
    begin();
  }
  ~Attacked() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Attacked(const Attacked&) = delete;
  Attacked& operator=(const Attacked&) = delete;

  template <class Message>
  std::uint16_t ask(const Message& message) {
    (void)server->send(message, soon());
    const auto answer = server->expect_one<ClientAnswer>(soon());
    return answer ? answer->code : std::uint16_t{0};
  }
  void chunk(std::string_view bytes) { (void)server->send(Chunk{*BytesView<max_body_piece>::from(bytes)}, soon()); }
  std::uint16_t whole_mail() {
    if (ask(mail_from("joe@x.test")) != 250 || ask(NewRecipient{path("bob@x.test")}) != 250 || ask(Content{}) != 354) {
      return 0;
    }
    chunk("a mail");
    return ask(ChunkEnd{6});
  }
  void verify(std::string_view user = "joe") {
    cr_assert(check->send(Verified{*Text<4096>::from(user)}, soon()).has_value());
  }

  // A client comes, whose socket goes on to a server that is there for it alone.
  void begin() {
    SocketPair server_ends = make_seqpacket_pair().value();
    SocketPair check_ends = make_seqpacket_pair().value();
    const Fd parts[] = {std::move(server_ends.right), std::move(check_ends.right)};
    cr_assert(listener->send(NewServer{}, soon(), std::span(parts).first(options.login ? 2 : 1)).has_value());
    server.emplace(std::move(server_ends.left), "the session");
    check.emplace(std::move(check_ends.left), "the session");
    NewClient client;
    client.is_local = true;
    client.user = getuid();
    int ends[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    client_ = Fd(ends[0]);
    const Fd handed[] = {Fd(ends[1])};
    cr_assert(listener->send(client, soon(), handed).has_value());
    cr_assert(server->expect_one<Serve>(soon(), {&socket_, 1}).has_value());
  }

  // Its exit status, which is not 0 when it saw through a lie. -1: it was killed, or did not end.
  int exit_status() {
    server->close();
    listener->close();
    for (int i = 0; i < 1000; ++i) {
      int status = 0;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      poll(nullptr, 0, 10);
    }
    return -1;
  }

  DaemonOptions options;
  Folder folder;
  std::optional<Listener> listener;
  std::optional<Server> server;
  std::optional<Checker> check;

 private:
  [[noreturn]] void live(const std::string& text, Fd listener_end) {
    const auto command = MailCommand::parse(text);
    const auto log = DaemonLog::open(LogChoice{});
    if (!command || !log) _exit(200);
    const SessionPlan plan{options, *command, *log, "/nowhere"};
    _exit(run_ready_session(plan, std::move(listener_end)));
  }

  pid_t pid_ = -1;
  Fd client_;
  Fd socket_;
};

constexpr int software = static_cast<int>(ExitCode::software);

}  // namespace

Test(session_attack, honest_people_are_served, .timeout = 30) {
  Attacked session;
  cr_expect(session.whole_mail() == 250);
  cr_expect(session.whole_mail() == 250);
  (void)session.server->send(Departed{}, soon());
  cr_expect(session.exit_status() == 0);
  cr_expect(session.folder.report().find("ran for: -f joe@x.test -- bob@x.test\nReceived: ") == 0, "%s",
            session.folder.report().c_str());
}

Test(session_attack, after_one_client_another_is_served_and_nothing_is_left_of_the_first, .timeout = 30) {
  Attacked session(true);
  session.verify();
  cr_expect(session.whole_mail() == 250);
  (void)session.server->send(Departed{}, soon());
  cr_expect(session.listener->expect_one<ClientServed>(soon()).has_value());
  session.begin();
  cr_expect(session.whole_mail() == 0, "the login of the first does for the second");
  cr_expect(session.exit_status() == software);
}

Test(session_attack, after_a_hundred_clients_it_ends_and_does_not_ask_for_another, .timeout = 30) {
  Attacked session;
  for (int clients = 1; clients < 100; ++clients) {
    (void)session.server->send(Departed{}, soon());
    cr_assert(session.listener->expect_one<ClientServed>(soon()).has_value(), "after %d clients", clients);
    session.begin();
  }
  (void)session.server->send(Departed{}, soon());
  const auto said = session.listener->expect_one<ClientServed>(soon());
  cr_expect(!said && said.error().cause == Cause::peer_gone);
  cr_expect(session.exit_status() == 0);
}

Test(session_attack, a_session_that_failed_serves_nobody_else, .timeout = 30) {
  Attacked session;
  (void)session.server->send(mail_from("joe@x.test"), soon());
  (void)session.server->send(ChunkEnd{1}, soon());
  cr_expect(!session.listener->expect_one<ClientServed>(soon()).has_value());
  cr_expect(session.exit_status() == software);
}

Test(session_attack, without_a_login_there_is_no_mail_whatever_the_server_says, .timeout = 30) {
  Attacked session(true);
  cr_expect(session.whole_mail() == 0);
  cr_expect(session.exit_status() == software);
  cr_expect(session.folder.report().empty());
}

Test(session_attack, a_login_of_which_the_check_tells_lasts_for_all_mails, .timeout = 30) {
  Attacked session(true);
  session.verify();
  cr_expect(session.whole_mail() == 250);
  session.check->close();
  cr_expect(session.whole_mail() == 250);
  (void)session.server->send(Departed{}, soon());
  cr_expect(session.exit_status() == 0);
}

Test(session_attack, a_check_that_says_something_else_has_verified_nobody, .timeout = 30) {
  for (const std::string_view said : {std::string_view("\0", 1), std::string_view("Verified"), std::string_view("")}) {
    Attacked session(true);
    (void)send(session.check->fd().number(), said.data(), said.size(), MSG_NOSIGNAL);
    cr_expect(session.whole_mail() == 0);
    cr_expect(session.exit_status() == software);
    cr_expect(session.folder.report().empty());
  }
}

Test(session_attack, a_check_that_is_gone_has_verified_nobody, .timeout = 30) {
  Attacked session(true);
  session.check->close();
  cr_expect(session.whole_mail() == 0);
  cr_expect(session.folder.report().empty());
}

Test(session_attack, a_descriptor_that_nobody_asked_for_ends_it, .timeout = 30) {
  Attacked session;
  const Fd handed[] = {make_pipe().value().read_end};
  (void)session.server->send(mail_from("joe@x.test"), soon(), handed);
  cr_expect(!session.server->expect_one<ClientAnswer>(soon()).has_value());
  cr_expect(session.exit_status() == software);
}

Test(session_attack, no_address_becomes_an_option_or_code, .timeout = 60) {
  const std::string touch = "/tmp/msmtp-session-attack-" + std::to_string(getpid());
  const std::string addresses[] = {"$(touch " + touch + ")@x.test",   "`touch " + touch + "`@x.test",
                                   "a;touch " + touch + ";@x.test",   "\"|touch " + touch + "\"@x.test",
                                   "'$(touch " + touch + ")'@x.test", "-oQ/tmp@x.test"};
  for (const std::string_view command : {" -f %F --", " -f %F", " \"%F\" | cat; cat", " '%F'; cat"}) {
    for (const std::string& address : addresses) {
      Attacked session(false, std::string(command));
      if (session.ask(mail_from(address)) != 250) (void)session.ask(mail_from("joe@x.test"));
      if (session.ask(NewRecipient{path(address)}) != 250) (void)session.ask(NewRecipient{path("bob@x.test")});
      cr_expect(session.ask(Content{}) == 354);
      (void)session.ask(ChunkEnd{0});
      cr_expect(access(touch.c_str(), F_OK) != 0, "%s as an address of %s", address.c_str(),
                std::string(command).c_str());
      const std::string report = session.folder.report();
      cr_expect(command != " -f %F" || report.find(" -oQ/tmp@x.test\n") == std::string::npos, "%s", report.c_str());
    }
  }
  unlink(touch.c_str());
}

Test(session_attack, limits_are_kept_whatever_the_server_lets_pass, .timeout = 30) {
  {
    Attacked session;
    (void)session.ask(mail_from("joe@x.test"));
    for (int i = 0; i < 2; ++i) cr_expect(session.ask(NewRecipient{path("bob@x.test")}) == 250);
    cr_expect(session.ask(NewRecipient{path("bob@x.test")}) == 0);
    cr_expect(session.exit_status() == software);
  }
  Attacked session;
  (void)session.ask(mail_from("joe@x.test"));
  (void)session.ask(NewRecipient{path("bob@x.test")});
  (void)session.ask(Content{});
  session.chunk("0123456789");
  session.chunk("0");
  cr_expect(session.ask(ChunkEnd{11}) == 0);
  cr_expect(session.exit_status() == software);
  cr_expect(session.folder.report().find("0123456789\n") == std::string::npos, "the command was not killed");
}

Test(session_attack, the_command_has_none_of_the_sessions_descriptors, .timeout = 30) {
  Attacked session(false, " -f %F --");
  std::ofstream(session.folder.command())
      << "#!/bin/sh\nls -l /proc/self/fd >" << session.folder.name() << "/report; cat >/dev/null\n";
  cr_expect(session.whole_mail() == 250);
  cr_expect(session.folder.report().find("socket:") == std::string::npos, "%s", session.folder.report().c_str());
}

Test(session_attack, signals_are_for_the_listener_and_an_end_of_its_channel_lets_the_mail_come_through, .timeout = 30) {
  Attacked session;
  (void)session.ask(mail_from("joe@x.test"));
  (void)session.ask(NewRecipient{path("bob@x.test")});
  session.listener->close();
  cr_expect(session.server->expect_one<Retire>(soon()).has_value());
  cr_expect(session.ask(Content{}) == 354);
  session.chunk("a mail");
  cr_expect(session.ask(ChunkEnd{6}) == 250);
  (void)session.server->send(Departed{}, soon());
  cr_expect(session.exit_status() == 0);
}
