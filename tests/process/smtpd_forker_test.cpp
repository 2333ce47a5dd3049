// msmtp-smtpd-forker, the program: sessions that get their client, that never get one, and that lie.
#include "common/forker.hpp"
#include "common/lesser_user.hpp"
#include "common/spawn.hpp"
#include "netproc/server_process.hpp"
#include "tests/process/smtp_peer.hpp"

#include <criterion/criterion.h>

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

constexpr const char* program = "build/strict/libexec/msmtp/msmtp-smtpd-forker";

using ListenerEnd = Channel<ToForker, FromForker>;
using SessionEnd = Channel<ToServer, FromServer>;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

struct Started {
  Started() {
    if (access(program, X_OK) != 0) cr_skip_test("%s has not been built", program);
    SocketPair channel = make_seqpacket_pair().value();
    std::vector<HandedFd> descriptors;
    for (const int number : {STDIN_FILENO, STDOUT_FILENO}) {
      descriptors.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), number});
    }
    descriptors.push_back({std::move(channel.right), 3});
    child = std::move(spawn(program, std::move(descriptors), environment_with_lesser_user().value()).value());
    listener.emplace(std::move(channel.left), "msmtp-smtpd-forker");
  }
  // Its copies end with their sessions, and it with its orders.
  ~Started() {
    listener.reset();
    const pid_t pid = child.pid();
    if (pid > 1 && !child.wait(soon())) kill(pid, SIGKILL);
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  SessionEnd order() {
    SocketPair pair = make_seqpacket_pair().value();
    const Fd handed[] = {std::move(pair.right)};
    cr_assert(listener->send(NewProcess{}, soon(), handed).has_value());
    return SessionEnd(std::move(pair.left), "msmtp-smtpd");
  }

  Child child;
  std::optional<ListenerEnd> listener;
};

Serve settings() {
  Serve serve;
  serve.name = *Line<max_host>::from("here.test");
  serve.program = *Line<64>::from("msmtpd");
  serve.max_recipients = 100;
  serve.idle_seconds = 60;
  return serve;
}

// The client's end of the socket that goes with SERVE.
Fd serve(SessionEnd& session, const Serve& how) {
  int ends[2];
  cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const Fd handed[] = {Fd(ends[1])};
  cr_assert(session.send(how, soon(), handed).has_value());
  return Fd(ends[0]);
}

void say(const Fd& client, std::string_view text) {
  say_to(client, text);
}

std::string hear(const Fd& client, std::string_view wanted) {
  return hear_from(client, wanted, 20'000);
}

bool has_hung_up(const Fd& client) {
  return has_hung_up_on(client, 20'000);
}

}  // namespace

Test(smtpd_forker, a_client_is_greeted_served_and_told_goodbye, .timeout = 60) {
  Started forker;
  SessionEnd session = forker.order();
  const Fd client = serve(session, settings());
  hear(client, "220 here.test");
  say(client, "EHLO client.test\r\nMAIL FROM:<joe@x.test>\r\n");
  const auto mail = session.expect_one<NewMail>(soon());
  cr_assert(mail.has_value(), "%s", mail.error().text.c_str());
  cr_expect(mail->reverse_path.view() == "joe@x.test");
  (void)session.send(ClientAnswer{550, *Line<ClientAnswer::max_text>::from("5.7.1 not you")}, soon());
  hear(client, "550 5.7.1 not you");
  say(client, "QUIT\r\n");
  hear(client, "221 ");
  cr_expect(session.expect_one<Departed>(soon()).has_value());
  cr_expect(has_hung_up(client), "nobody else has the socket");
}

Test(smtpd_forker, sessions_that_never_get_a_client_end_without_a_word, .timeout = 60) {
  Started forker;
  for (int i = 0; i < 50; ++i) (void)forker.order();
  SessionEnd session = forker.order();
  hear(serve(session, settings()), "220 ");
  forker.listener->close();
  session.close();
  const auto status = forker.child.wait(soon());
  cr_expect(status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0);
}

Test(smtpd_forker, a_session_of_others_is_none_of_a_copys_business, .timeout = 60) {
  Started forker;
  SessionEnd first = forker.order();
  SessionEnd second = forker.order();
  const Fd one = serve(first, settings());
  const Fd other = serve(second, settings());
  hear(one, "220 ");
  hear(other, "220 ");
  first.close();
  hear(one, "421 4.3.0 the server has to end\r\n");
  cr_expect(has_hung_up(one));
  say(other, "NOOP\r\n");
  hear(other, "250 ");
}

Test(smtpd_forker, a_session_that_has_no_socket_is_told_that_it_lied, .timeout = 60) {
  Started forker;
  SessionEnd session = forker.order();
  cr_assert(session.send(settings(), soon()).has_value());
  const auto told = session.expect_one<Failed>(soon());
  cr_assert(told.has_value());
  cr_expect(told->text.view().find("without its descriptors") != std::string::npos);
  SessionEnd next = forker.order();
  hear(serve(next, settings()), "220 ");
}
