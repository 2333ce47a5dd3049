// A process that serves an SMTP client, in its sandbox, with the test as its client, its parent and its verifier.
#pragma once

#include "common/sandbox.hpp"
#include "netproc/smtp_server.hpp"
#include "tests/process/smtp_peer.hpp"

#include <criterion/criterion.h>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace msmtp::test {

using ParentEnd = Channel<ToServer, FromServer>;
using VerifierEnd = Channel<LoginToClient, LoginFromClient>;

inline Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

inline Serve settings() {
  Serve serve;
  serve.name = *Line<max_host>::from("here.test");
  serve.program = *Line<64>::from("msmtpd");
  serve.max_recipients = 100;
  serve.idle_seconds = 60;
  return serve;
}

// The server in a process, and both who talk to it.
class Served {
 public:
  explicit Served(const Serve& serve, std::string_view said_before = {}) {
    int ends[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    SocketPair channel = make_seqpacket_pair().value();
    SocketPair login = make_seqpacket_pair().value();
    client_ = Fd(ends[0]);
    say(said_before);
    pid_ = fork();
    cr_assert(pid_ >= 0);  // to kill(2) it would be everybody
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      client_.close();
      channel.left.close();
      login.left.close();
      _exit(live(Fd(ends[1]), std::move(channel.right), std::move(login.right)));
    }
    ::close(ends[1]);
    verifier.emplace(std::move(login.left), "msmtp-smtpd");
    parent.emplace(std::move(channel.left), "msmtp-smtpd");
    cr_assert(parent->send(serve).has_value());
  }
  ~Served() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  void say(std::string_view text) { say_to(client_, text); }
  void hang_up() { client_.close(); }
  std::string hear(std::string_view wanted) { return hear_from(client_, wanted, 10'000); }
  bool has_hung_up() { return has_hung_up_on(client_, 10'000); }

  template <class Message>
  Message expect() {
    auto message = parent->expect_one<Message>(soon());
    cr_assert(message.has_value(), "%s: %s", std::string(Message::message_name).c_str(), message.error().text.c_str());
    return std::move(*message);
  }
  void answer(std::uint16_t code) {
    (void)parent->send(ClientAnswer{code, *Line<ClientAnswer::max_text>::from("said")}, soon());
  }

  // A mail up to its content.
  void begin_mail(std::string_view line_end = "\r\n") {
    const std::string end(line_end);
    hear("220 ");
    say("EHLO client.test" + end + "MAIL FROM:<joe@x.test>" + end + "RCPT TO:<bob@x.test>" + end);
    (void)expect<NewMail>();
    answer(250);
    (void)expect<NewRecipient>();
    answer(250);
    hear("250 said\r\n250 said");
  }
  void accept_content() {
    (void)expect<Content>();
    answer(354);
  }
  // What Chunk messages carry until the end of the mail.
  std::string content(int* chunks = nullptr) {
    std::string content;
    for (;;) {
      auto message = parent->expect<Chunk, ChunkEnd>(soon());
      cr_assert(message.has_value(), "%s", message.error().text.c_str());
      if (const auto* end = std::get_if<ChunkEnd>(&*message)) {
        cr_expect(end->octets == content.size());
        return content;
      }
      content += std::get<Chunk>(*message).bytes.view();
      if (chunks != nullptr) ++*chunks;
    }
  }

  int exit_status() {
    int status = -1;
    for (int i = 0; i < 1000 && waitpid(pid_, &status, WNOHANG) == 0; ++i) usleep(10'000);
    return status;
  }

  std::optional<ParentEnd> parent;
  std::optional<VerifierEnd> verifier;

 private:
  static int live(Fd client, Fd channel, Fd login) {
    ServerToParent to_parent(std::move(channel), "msmtp");
    Fd output(fcntl(client.number(), F_DUPFD_CLOEXEC, 3));
    ServerClient connection(std::move(client), std::move(output), to_parent.fd().number());
    if (!enter_stage(Stage::server_serve)) return 100;
    const auto serve = to_parent.expect_one<Serve>(soon());
    if (!serve) return 101;
    std::optional<Fd> verifier;
    if (serve->login) verifier = std::move(login);
    login.close();
    const auto served = SmtpServer(to_parent, connection, *serve, std::move(verifier)).run();
    if (served) return 0;
    if (served.error().cause != Cause::peer_gone) (void)to_parent.send(failed(served.error()));
    return static_cast<int>(served.error().code);
  }

  Fd client_;
  pid_t pid_ = -1;
};

inline ExitCode failure(Served& served) {
  return served.expect<Failed>().code;
}

}  // namespace msmtp::test
