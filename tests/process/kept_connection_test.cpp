// Who borrows a connection, and keepers that lie, fall silent or go: then the mail goes as ever.
#include "parent/connection_description.hpp"
#include "parent/kept_connection.hpp"
#include "tests/process/played_crew.hpp"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

using KeeperEnd = Channel<FromKeeper, ToKeeper>;
using Requests = Channel<FromKeeper, KeeperRequest>;

const std::string description = "this one";

struct RuntimeDirectory {
  RuntimeDirectory() {
    char name[] = "/tmp/msmtp-kept-XXXXXX";
    cr_assert(mkdtemp(name) != nullptr);
    path = name;
    cr_assert(setenv("XDG_RUNTIME_DIR", name, 1) == 0);
  }
  ~RuntimeDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  RuntimeDirectory(const RuntimeDirectory&) = delete;
  RuntimeDirectory& operator=(const RuntimeDirectory&) = delete;

  KeeperSlot slot(unsigned number) const {
    return {keeper_directory().value(), name_of_description(description), number};
  }
  std::string path;
};

enum class Misdeed : std::uint8_t {
  none,
  goes,
  says_nonsense,
  says_no,
  brings_nothing,
  brings_one,
  brings_three,
  says_no_with_descriptors,
  is_silent,
  last = is_silent
};

std::vector<Fd> files(std::size_t count) {
  std::vector<Fd> fds;
  while (fds.size() < count) fds.emplace_back(open("/dev/null", O_RDWR | O_CLOEXEC));
  return fds;
}

void answer(KeeperEnd& client, Misdeed misdeed) {
  SessionFacts facts;
  facts.connected.local = true;
  switch (misdeed) {
    case Misdeed::none: (void)client.send(Lent{facts}, in_ten_seconds(), files(2)); break;
    case Misdeed::goes: break;
    case Misdeed::says_nonsense: (void)client.socket().send("x", in_ten_seconds()); break;
    case Misdeed::says_no: (void)client.send(NotLent{}, in_ten_seconds()); break;
    case Misdeed::brings_nothing: (void)client.send(Lent{facts}, in_ten_seconds()); break;
    case Misdeed::brings_one: (void)client.send(Lent{facts}, in_ten_seconds(), files(1)); break;
    case Misdeed::brings_three: (void)client.send(Lent{facts}, in_ten_seconds(), files(3)); break;
    case Misdeed::says_no_with_descriptors: (void)client.send(NotLent{}, in_ten_seconds(), files(2)); break;
    case Misdeed::is_silent: (void)client.expect_one<Return>(in_ten_seconds()); break;
  }
}

// A keeper in slot 0 that answers everybody so.
pid_t play_keeper(const KeeperSlot& slot, Misdeed misdeed) {
  KeeperSlot::Holding holding = slot.take();
  cr_assert(holding.lock.is_open() && holding.requests.is_open());
  const pid_t pid = fork();
  if (pid != 0) return pid;
  alarm(30);
  Requests requests(std::move(holding.requests), "msmtp");
  for (;;) {
    std::array<Fd, 1> brought;
    const auto request = requests.expect_one<Borrow>(Deadline::never(), brought);
    if (!request) _exit(0);
    KeeperEnd client(std::move(brought[0]), "msmtp");
    answer(client, misdeed);
  }
}

}  // namespace

ParameterizedTestParameters(kept_connection, a_keeper_that) {
  static std::vector<int> all;
  for (int i = 0; i <= static_cast<int>(Misdeed::last); ++i) all.push_back(i);
  return cr_make_param_array(int, all.data(), all.size());
}

ParameterizedTest(int* number, kept_connection, a_keeper_that, .timeout = 60) {
  const RuntimeDirectory directory;
  const auto misdeed = static_cast<Misdeed>(*number);
  const pid_t pid = play_keeper(directory.slot(0), misdeed);
  PlayedCrew played;
  KeptConnection kept(description, "/nowhere");
  const auto facts = kept.borrow(played.crew, "msmtp-netproc");
  cr_expect(facts.has_value() == (misdeed == Misdeed::none));
  cr_expect(played.crew.netproc.has_value() == facts.has_value());
  cr_expect(kept.has_keeper() == facts.has_value());
  cr_expect(kept.has_place() != facts.has_value(), "the next slot is free");
  if (facts) cr_expect(facts->connected.local);
  kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
}

Test(kept_connection, a_slot_is_for_one, .timeout = 60) {
  const RuntimeDirectory directory;
  cr_expect(!directory.slot(0).reach().is_open());
  {
    const KeeperSlot::Holding first = directory.slot(0).take();
    cr_assert(first.lock.is_open());
    cr_expect(directory.slot(0).reach().is_open());
    cr_expect(!directory.slot(0).take().lock.is_open());
    cr_expect(directory.slot(1).take().lock.is_open());
  }
  cr_expect(!directory.slot(0).reach().is_open(), "what is left behind is nobody");
  cr_expect(directory.slot(0).take().lock.is_open(), "and in nobody's way");
}

Test(kept_connection, when_all_slots_are_taken_there_is_no_place, .timeout = 60) {
  const RuntimeDirectory directory;
  std::vector<KeeperSlot::Holding> all;
  for (unsigned i = 0; i < keeper_slots; ++i) all.push_back(directory.slot(i).take());
  for (auto& one : all) one.requests.close();
  PlayedCrew played;
  KeptConnection kept(description, "/nowhere");
  cr_expect(!kept.borrow(played.crew, "msmtp-netproc"));
  cr_expect(!kept.has_place());
}

Test(kept_connection, only_a_directory_of_our_own_will_do, .timeout = 60) {
  const RuntimeDirectory directory;
  cr_expect(keeper_directory().value() == directory.path + "/msmtp");
  for (const mode_t mode : {0720U, 0702U, 0777U}) {
    cr_assert(chmod(directory.path.c_str(), mode) == 0);
    cr_expect(!keeper_directory());
  }
  cr_assert(chmod(directory.path.c_str(), 0755) == 0);
  cr_expect(keeper_directory().has_value());
  for (const mode_t mode : {0710U, 0701U, 0704U, 0770U}) {
    cr_assert(chmod((directory.path + "/msmtp").c_str(), mode) == 0);
    cr_expect(!keeper_directory());
  }
  std::filesystem::remove_all(directory.path + "/msmtp");
  std::filesystem::create_symlink("/tmp", directory.path + "/msmtp");
  cr_expect(!keeper_directory(), "a link");
}

Test(kept_connection, the_directory_is_that_of_the_user_or_of_the_service, .timeout = 60) {
  const RuntimeDirectory directory;
  cr_assert(unsetenv("XDG_RUNTIME_DIR") == 0);
  cr_expect(!keeper_directory());
  cr_assert(setenv("RUNTIME_DIRECTORY", (directory.path + ":/tmp/other").c_str(), 1) == 0);
  cr_expect(keeper_directory().value() == directory.path + "/msmtp");
  cr_assert(setenv("XDG_RUNTIME_DIR", "relative", 1) == 0);
  cr_expect(!keeper_directory());
}

Test(kept_connection, whether_a_mail_is_at_hand, .timeout = 60) {
  const Fd file(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
  cr_expect(mail_is_at_hand(file.number()));
  Pipe pipe = make_pipe().value();
  cr_expect(!mail_is_at_hand(pipe.read_end.number()), "its writer has not begun");
  cr_assert(write(pipe.write_end.number(), "x", 1) == 1);
  cr_expect(!mail_is_at_hand(pipe.read_end.number()), "its writer has not finished");
  pipe.write_end.close();
  cr_expect(mail_is_at_hand(pipe.read_end.number()));
  const Pipe full = make_pipe().value();
  const std::string much(60'000, 'x');
  cr_assert(write(full.write_end.number(), much.data(), much.size()) == static_cast<ssize_t>(much.size()));
  cr_expect(mail_is_at_hand(full.read_end.number()), "its writer waits");
  cr_expect(!mail_is_at_hand(-1));
}
