// msmtp-keeper, the program: honest borrowers, those who lie, and ends of all kinds.
#include "common/child.hpp"
#include "common/lesser_user.hpp"
#include "common/spawn.hpp"
#include "parent/crew.hpp"
#include "parent/keeper.hpp"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;

namespace {

constexpr const char* program = "build/strict/libexec/msmtp/msmtp-keeper";

using Borrower = Channel<ToKeeper, FromKeeper>;
using Requests = Channel<KeeperRequest, FromKeeper>;
using Netproc = Channel<FromNetproc, ToNetproc>;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

Deadline now() {
  return Deadline::in(std::chrono::milliseconds(200));
}

SessionFacts facts() {
  SessionFacts facts;
  facts.connected.local = true;
  facts.capabilities.greeting = Text<1024>::cut("hello");
  return facts;
}

BytesView<max_description> bytes(std::string_view text) {
  return *BytesView<max_description>::from(text);
}

SocketPair datagram_pair() {
  int ends[2];
  cr_assert(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

// A keeper whose session is a channel of the test.
struct Started {
  explicit Started(std::uint32_t seconds = 60) : Started(seconds, datagram_pair(), make_seqpacket_pair().value()) {}
  ~Started() {
    const pid_t pid = child.pid();
    if (pid > 1) kill(pid, SIGKILL), (void)child.wait(soon());
  }
  Started(const Started&) = delete;
  Started& operator=(const Started&) = delete;

  // One end of a channel goes to the keeper, which answers at the other.
  Borrower ask(std::string_view description = "this one", bool may_wait = false) {
    SocketPair pair = make_seqpacket_pair().value();
    const Fd handed[] = {std::move(pair.right)};
    cr_assert(requests.send(Borrow{bytes(description), may_wait}, soon(), handed).has_value());
    return Borrower(std::move(pair.left), "keeper");
  }
  bool lends_to(Borrower& borrower) {
    std::array<Fd, 2> ends;
    const auto answer = borrower.expect<Lent, NotLent>(soon(), ends, 2);
    cr_assert(answer.has_value(), "%s", answer ? "" : answer.error().text.c_str());
    const auto* lent = std::get_if<Lent>(&*answer);
    if (lent == nullptr) return false;
    cr_expect(lent->facts == facts());
    return ends[0].is_open() && ends[1].is_open();
  }
  void give_back(Borrower& borrower) {
    cr_assert(borrower.send(Return{facts()}, soon()).has_value());
    borrower.close();
  }
  bool ends() { return child.wait(soon()).has_value(); }
  bool goes_on() {
    Borrower borrower = ask();
    const bool lent = lends_to(borrower);
    give_back(borrower);
    return lent;
  }

  Child child;
  Borrower opener;
  Requests requests;
  Netproc netproc;

 private:
  Started(std::uint32_t seconds, SocketPair datagrams, SocketPair session)
      : Started(seconds, std::move(datagrams), std::move(session), make_seqpacket_pair().value()) {}
  Started(std::uint32_t seconds, SocketPair datagrams, SocketPair session, SocketPair link)
      : opener(std::move(link.left), "keeper"),
        requests(std::move(datagrams.left), "keeper"),
        netproc(std::move(session.right), "keeper") {
    if (access(program, X_OK) != 0) cr_skip_test("%s has not been built", program);
    std::vector<HandedFd> descriptors;
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, kept_log_number, slot_lock_number}) {
      descriptors.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), number});
    }
    descriptors.push_back({std::move(link.right), parent_channel_number});
    descriptors.push_back({std::move(datagrams.right), requests_number});
    descriptors.push_back({std::move(session.left), kept_channel_number});
    child = std::move(spawn(program, std::move(descriptors), environment_with_lesser_user().value()).value());
    (void)opener.send(Keep{bytes("this one"), seconds}, soon());
  }
};

}  // namespace

Test(keeper, lends_what_it_was_given_to_one_after_another, .timeout = 60) {
  Started keeper;
  keeper.give_back(keeper.opener);
  for (int i = 0; i < 5; ++i) cr_assert(keeper.goes_on());
}

Test(keeper, lends_to_one_at_a_time_and_others_may_wait, .timeout = 60) {
  Started keeper;
  Borrower early = keeper.ask();
  cr_expect(!keeper.lends_to(early), "its opener has it");
  keeper.give_back(keeper.opener);
  Borrower first = keeper.ask();
  cr_assert(keeper.lends_to(first));
  Borrower second = keeper.ask();
  cr_expect(!keeper.lends_to(second));
  Borrower gone = keeper.ask("this one", true);
  Borrower waiting = keeper.ask("this one", true);
  gone.close();
  cr_expect(waiting.expect_one<Lent>(now()).error().cause == Cause::peer_silent);
  keeper.give_back(first);
  cr_expect(keeper.lends_to(waiting));
  keeper.give_back(waiting);
  cr_expect(keeper.goes_on());
}

Test(keeper, another_description_is_another_connection, .timeout = 60) {
  Started keeper;
  keeper.give_back(keeper.opener);
  for (const std::string_view other : {"", "this", "this one ", "This one"}) {
    Borrower borrower = keeper.ask(other);
    cr_expect(!keeper.lends_to(borrower));
  }
  cr_expect(keeper.goes_on());
}

Test(keeper, requests_that_are_none_are_not_heard, .timeout = 60) {
  Started keeper;
  keeper.give_back(keeper.opener);
  PacketSocket& socket = keeper.requests.socket();
  (void)send(socket.fd().number(), "", 0, 0);
  (void)socket.send("nonsense", soon());
  (void)socket.send(std::string(max_packet + 1000, 'x'), soon());
  (void)keeper.requests.send(Borrow{bytes("this one"), false}, soon());
  SocketPair pair = make_seqpacket_pair().value();
  const Fd two[] = {std::move(pair.left), std::move(pair.right)};
  (void)keeper.requests.send(Borrow{bytes("this one"), false}, soon(), two);
  const Fd file[] = {Fd(open("/dev/null", O_RDWR | O_CLOEXEC))};
  (void)keeper.requests.send(Borrow{bytes("this one"), false}, soon(), file);
  cr_expect(keeper.goes_on());
}

Test(keeper, another_user_is_not_heard, .timeout = 60) {
  if (geteuid() != 0) cr_skip_test("needs root");
  Started keeper;
  keeper.give_back(keeper.opener);
  const pid_t pid = fork();
  if (pid == 0) {
    if (setresuid(65534, 65534, 65534) != 0) _exit(2);
    Borrower borrower = keeper.ask();
    _exit(borrower.expect<Lent, NotLent>(now()).error().cause == Cause::peer_gone ? 0 : 1);
  }
  int status = 0;
  cr_assert(waitpid(pid, &status, 0) == pid);
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
  cr_expect(keeper.goes_on());
}

Test(keeper, ends_when_nobody_comes, .timeout = 60) {
  Started keeper(1);
  keeper.give_back(keeper.opener);
  cr_expect(keeper.ends());
  cr_expect(keeper.netproc.expect_one<Leave>(soon()).error().cause == Cause::peer_gone, "so the session ends");
}

Test(keeper, ends_when_the_network_child_does, .timeout = 60) {
  Started keeper;
  keeper.give_back(keeper.opener);
  keeper.netproc.close();
  cr_expect(keeper.ends());
}

Test(keeper, ends_when_the_network_child_says_something, .timeout = 60) {
  Started keeper;
  keeper.give_back(keeper.opener);
  (void)keeper.netproc.send(Left{}, soon());
  cr_expect(keeper.ends());
}

Test(keeper, ends_after_a_hundred_mails, .timeout = 60) {
  Started keeper;
  keeper.give_back(keeper.opener);
  for (unsigned i = 2; i < max_mails_of_session; ++i) cr_assert(keeper.goes_on(), "%u", i);
  Borrower last = keeper.ask();
  cr_assert(keeper.lends_to(last));
  keeper.give_back(last);
  cr_expect(keeper.ends());
}

enum class Misdeed : std::uint8_t { goes, says_nonsense, says_keep, brings_a_descriptor, last = brings_a_descriptor };

// Of the opener, and of one who has borrowed it later.
ParameterizedTestParameters(keeper, is_not_lent_again_after) {
  static std::vector<int> all;
  for (int i = 0; i <= 2 * static_cast<int>(Misdeed::last) + 1; ++i) all.push_back(i);
  return cr_make_param_array(int, all.data(), all.size());
}

ParameterizedTest(int* number, keeper, is_not_lent_again_after, .timeout = 60) {
  Started keeper;
  std::optional<Borrower> later;
  if (*number % 2 != 0) {
    keeper.give_back(keeper.opener);
    later.emplace(keeper.ask());
    cr_assert(keeper.lends_to(*later));
  }
  Borrower& borrower = later ? *later : keeper.opener;
  switch (static_cast<Misdeed>(*number / 2)) {
    case Misdeed::goes: borrower.close(); break;
    case Misdeed::says_nonsense: (void)borrower.socket().send("x", soon()); break;
    case Misdeed::says_keep: (void)borrower.send(Keep{bytes("this one"), 60}, soon()); break;
    case Misdeed::brings_a_descriptor: {
      const Fd file[] = {Fd(open("/dev/null", O_RDWR | O_CLOEXEC))};
      (void)borrower.send(Return{facts()}, soon(), file);
    }
  }
  cr_expect(keeper.ends());
  cr_expect(keeper.netproc.expect_one<Leave>(soon()).error().cause == Cause::peer_gone, "so the session ends");
}
