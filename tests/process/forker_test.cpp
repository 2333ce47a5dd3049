// Forkers in their sandbox: what a copy has and has not, how crashes are told, and floods of orders.
#include "common/forker.hpp"
#include "common/sandbox.hpp"

#include <criterion/criterion.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace msmtp;

namespace {

using ListenerEnd = Channel<ToForker, FromForker>;

Deadline soon() {
  return Deadline::in(std::chrono::seconds(20));
}

// A forker in a process of its own, which has what msmtp-smtpd-forker has: descriptors 0 to 2 and its orders.
class Played {
 public:
  explicit Played(Forker::Copy copy, std::size_t descriptors = 1, std::size_t optional = 0, int most_processes = 0) {
    SocketPair channel = make_seqpacket_pair().value();
    pid_ = fork();
    cr_assert(pid_ >= 0, "no fork");
    if (pid_ == 0) {
      (void)dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
      (void)dup2(channel.right.release(), 3);
      (void)close_range(4, ~0U, 0);
      if (most_processes > 0) limit_processes(most_processes);
      _exit(live(std::move(copy), descriptors, optional));
    }
    listener.emplace(std::move(channel.left), "the forker");
  }
  ~Played() {
    listener.reset();
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Played(const Played&) = delete;
  Played& operator=(const Played&) = delete;

  pid_t pid() const { return pid_; }

  // Our end of a copy's only channel.
  Fd order() {
    SocketPair pair = make_seqpacket_pair().value();
    send(std::move(pair.right));
    return std::move(pair.left);
  }
  void send(Fd descriptor) {
    const Fd handed[] = {std::move(descriptor)};
    cr_assert(listener->send(NewProcess{}, soon(), handed).has_value());
  }
  // Its wait status, after no more orders have come.
  int end() {
    listener.reset();
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

  std::optional<ListenerEnd> listener;

 private:
  static void limit_processes(int count) {
    cr_assert(setresuid(54'322, 54'322, 54'322) == 0);
    const rlimit few{static_cast<rlim_t>(count), static_cast<rlim_t>(count)};
    cr_assert(setrlimit(RLIMIT_NPROC, &few) == 0);
  }

  static int live(Forker::Copy copy, std::size_t descriptors, std::size_t optional) {
    ForkerOrders orders(Fd(3), "the test");
    auto forker = Forker::prepare(orders, descriptors, std::move(copy), optional);
    if (!forker || !enter_stage(Stage::server_fork)) return 200;
    return forker->run() ? 0 : 70;
  }

  pid_t pid_ = -1;
};

void say(const Fd& fd, std::string_view text) {
  (void)!write(fd.number(), text.data(), text.size());
}

// One packet of at most SIZE bytes; empty at the end.
std::string hear(const Fd& fd) {
  char bytes[4096];
  pollfd readable{fd.number(), POLLIN, 0};
  if (poll(&readable, 1, 20'000) != 1) return "nothing came";
  const ssize_t size = recv(fd.number(), bytes, sizeof bytes, 0);
  return std::string(bytes, size > 0 ? static_cast<std::size_t>(size) : 0);
}

// Answers each packet with the copy's number, until the end.
int echo(std::vector<Fd> descriptors) {
  if (!enter_stage(Stage::server_serve)) return 201;
  char byte;
  while (recv(descriptors[0].number(), &byte, 1, 0) > 0) {
    const pid_t self = getpid();
    if (send(descriptors[0].number(), &self, sizeof self, MSG_NOSIGNAL) < 0) return 202;
  }
  return 0;
}

pid_t ask(const Fd& copy) {
  say(copy, "?");
  const std::string answer = hear(copy);
  pid_t pid = -1;
  if (answer.size() == sizeof pid) std::memcpy(&pid, answer.data(), sizeof pid);
  return pid;
}

// Never everybody, which is what -1 would mean.
void send_signal(pid_t pid, int signal) {
  cr_assert(pid > 1, "there is no such process");
  cr_assert(kill(pid, signal) == 0);
}

std::vector<int> descriptors_of(pid_t pid) {
  std::vector<int> numbers;
  DIR* const folder = opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
  while (const dirent* entry = folder == nullptr ? nullptr : readdir(folder)) {
    if (entry->d_name[0] != '.') numbers.push_back(std::atoi(entry->d_name));
  }
  if (folder != nullptr) closedir(folder);
  std::ranges::sort(numbers);
  return numbers;
}

unsigned long signals_in(pid_t pid, const std::string& field) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) return std::stoul(line.substr(field.size() + 1), nullptr, 16);
  }
  return ~0UL;
}

unsigned long bit(int signal) {
  return 1UL << (signal - 1);
}

std::size_t children_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  std::size_t count = 0;
  for (pid_t child; file >> child;) ++count;
  return count;
}

bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    poll(nullptr, 0, 10);
  }
  return false;
}

}  // namespace

Test(forker, each_order_makes_a_copy_of_its_own_that_ends_with_its_channel, .timeout = 30) {
  Played forker(echo);
  Fd first = forker.order();
  const Fd second = forker.order();
  const pid_t one = ask(first);
  const pid_t other = ask(second);
  cr_expect(one > 0 && other > 0 && one != other && one != forker.pid() && other != forker.pid());
  cr_expect(children_of(forker.pid()) == 2);
  first.close();
  cr_expect(comes_true([&] { return children_of(forker.pid()) == 1; }), "it is not reaped");
  cr_expect(ask(second) == other);
}

Test(forker, a_copy_has_its_own_descriptors_and_no_others, .timeout = 30) {
  if (getuid() != 0) cr_skip_test("only root sees the descriptors of a process that must not be traced");
  Played forker(echo);
  std::vector<Fd> earlier;
  for (int i = 0; i < 5; ++i) earlier.push_back(forker.order());
  const Fd last = forker.order();
  const std::vector<int> held = descriptors_of(ask(last));
  cr_expect(held.size() == 4 && held[0] == 0 && held[2] == 2, "%zu descriptors", held.size());
  const std::vector<int> own{0, 1, 2, 3};
  cr_expect(comes_true([&] { return descriptors_of(forker.pid()) == own; }), "the forker keeps some");
}

Test(forker, what_a_copy_writes_reaches_no_log, .timeout = 30) {
  if (getuid() != 0) cr_skip_test("only root sees the descriptors of a process that must not be traced");
  Played forker(echo);
  const Fd channel = forker.order();
  const std::string folder = "/proc/" + std::to_string(ask(channel)) + "/fd/";
  char input[256] = {}, errors[256] = {};
  cr_assert(readlink((folder + "0").c_str(), input, sizeof input - 1) > 0);
  cr_assert(readlink((folder + "2").c_str(), errors, sizeof errors - 1) > 0);
  cr_expect(std::string(errors) == input && std::string(input) == "/dev/null", "%s", errors);
}

Test(forker, a_copy_ignores_what_a_terminal_sends_and_has_the_other_signals_as_they_were, .timeout = 30) {
  Played forker(echo);
  const Fd channel = forker.order();
  const pid_t copy = ask(channel);
  const unsigned long ignored = bit(SIGTERM) | bit(SIGINT) | bit(SIGHUP) | bit(SIGPIPE);
  cr_expect((signals_in(copy, "SigIgn:") & ignored) == ignored);
  cr_expect((signals_in(forker.pid(), "SigIgn:") & ignored) == ignored);
  cr_expect(signals_in(copy, "SigBlk:") == 0);
  cr_expect((signals_in(copy, "SigCgt:") & bit(SIGCHLD)) == 0);
}

Test(forker, a_crash_is_told_with_its_signal_and_an_ordinary_end_is_not, .timeout = 30) {
  Played forker(echo);
  Fd first = forker.order();
  (void)ask(first);
  first.close();
  const Fd second = forker.order();
  send_signal(ask(second), SIGSEGV);
  const auto crashed = forker.listener->expect_one<Crashed>(soon());
  cr_assert(crashed.has_value(), "%s", crashed.error().text.c_str());
  cr_expect(crashed->signal == SIGSEGV);
  cr_expect(hear(second).empty(), "who is served by it sees its end");
  cr_expect(ask(forker.order()) > 0, "and the forker goes on");
}

// Its own signals are what abort(3) needs, and the filter that the forker has loaded names the forker.
Test(forker, a_copy_can_signal_neither_its_forker_nor_a_sibling, .timeout = 30) {
  const auto signal_others = [](std::vector<Fd> descriptors) -> int {
    if (!enter_stage(Stage::server_serve)) return 201;
    char whom = 0;
    if (recv(descriptors[0].number(), &whom, 1, 0) != 1) return 0;
    pid_t target = getppid();
    if (whom == 's' && recv(descriptors[0].number(), &target, sizeof target, 0) != sizeof target) return 202;
    (void)syscall(SYS_tgkill, target, target, SIGSTOP);
    return 203;
  };
  Played forker(signal_others);
  const Fd idle = forker.order();
  cr_assert(comes_true([&] { return children_of(forker.pid()) == 1; }));
  pid_t sibling = -1;
  std::ifstream("/proc/" + std::to_string(forker.pid()) + "/task/" + std::to_string(forker.pid()) + "/children") >>
      sibling;
  for (const char whom : {'f', 's'}) {
    const Fd channel = forker.order();
    say(channel, std::string_view(&whom, 1));
    if (whom == 's') say(channel, std::string_view(reinterpret_cast<const char*>(&sibling), sizeof sibling));
    const auto crashed = forker.listener->expect_one<Crashed>(soon());
    cr_expect(crashed.has_value() && crashed->signal == SIGSYS, "it was not killed for trying '%c'", whom);
  }
}

Test(forker, crashes_that_nobody_listens_to_do_not_stop_it, .timeout = 60) {
  Played forker([](std::vector<Fd>) -> int {
    raise(SIGKILL);
    return 0;
  });
  for (int i = 0; i < 600; ++i) (void)forker.order();
  cr_expect(comes_true([&] { return children_of(forker.pid()) == 0; }));
  pollfd told{forker.listener->fd().number(), POLLIN, 0};
  cr_expect(poll(&told, 1, 20'000) == 1);
}

Test(forker, after_the_last_order_the_copies_are_waited_for, .timeout = 30) {
  Played forker(echo);
  Fd channel = forker.order();
  const pid_t copy = ask(channel);
  forker.listener->close();
  poll(nullptr, 0, 50);
  send_signal(forker.pid(), SIGTERM);
  send_signal(copy, SIGTERM);
  cr_expect(ask(channel) == copy);
  channel.close();
  const int status = forker.end();
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(forker, a_copy_outlives_a_forker_that_is_killed, .timeout = 30) {
  Played forker(echo);
  const Fd channel = forker.order();
  const pid_t copy = ask(channel);
  send_signal(forker.pid(), SIGKILL);
  (void)forker.end();
  cr_expect(ask(channel) == copy);
}

Test(forker, a_thousand_orders_at_once_make_a_thousand_copies, .timeout = 120) {
  const rlimit many{4096, 4096};
  if (setrlimit(RLIMIT_NOFILE, &many) != 0) cr_skip_test("too few descriptors");
  Played forker(echo);
  std::vector<Fd> channels;
  for (int i = 0; i < 1000; ++i) channels.push_back(forker.order());
  int alive = 0;
  for (const Fd& channel : channels) alive += ask(channel) > 0 ? 1 : 0;
  cr_expect(alive == 1000, "%d", alive);
  channels.clear();
  const int status = forker.end();
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

Test(forker, who_gets_no_copy_sees_the_end_of_the_channel, .timeout = 60) {
  if (getuid() != 0) cr_skip_test("only root can become a user with few processes");
  Played forker(echo, 1, 0, 5);
  std::vector<Fd> channels;
  for (int i = 0; i < 20; ++i) channels.push_back(forker.order());
  int alive = 0, refused = 0;
  for (const Fd& channel : channels) {
    if (ask(channel) > 0)
      ++alive;
    else
      ++refused;
  }
  cr_expect(alive > 0 && alive <= 5 && refused == 20 - alive, "%d alive", alive);
  channels.clear();
  cr_expect(comes_true([&] { return children_of(forker.pid()) == 0; }));
  cr_expect(ask(forker.order()) > 0, "there is room again");
}

Test(forker, only_the_optional_descriptors_may_be_missing, .timeout = 30) {
  const auto count = [](std::vector<Fd> descriptors) {
    const std::string text = std::to_string(descriptors.size());
    (void)!write(descriptors[0].number(), text.data(), text.size());
    return 0;
  };
  {
    Played forker(count, 2, 1);
    cr_expect(hear(forker.order()) == "1");
    SocketPair pair = make_seqpacket_pair().value();
    Fd handed[] = {std::move(pair.right), make_pipe().value().read_end};
    cr_assert(forker.listener->send(NewProcess{}, soon(), handed).has_value());
    for (Fd& one : handed) one.close();
    cr_expect(hear(pair.left) == "2");
  }
  Played strict(count, 2);
  const Fd channel = strict.order();
  cr_expect(hear(channel).empty());
  const int status = strict.end();
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 70);
}

Test(forker, an_order_that_is_none_ends_it, .timeout = 30) {
  Played forker(echo);
  say(forker.listener->fd(), "what is this");
  const int status = forker.end();
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 70);
}
