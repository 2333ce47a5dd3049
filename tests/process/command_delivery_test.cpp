// Starting msmtpd's command: how it is found, what it has, and how it ends.
#include "parent/command_delivery.hpp"

#include <criterion/criterion.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace msmtp;
using Words = std::vector<std::string>;

namespace {

CommandStarter starter() {
  std::signal(SIGPIPE, SIG_IGN);
  auto prepared = CommandStarter::prepare();
  cr_assert(prepared.has_value());
  return std::move(*prepared);
}

// A command with what it takes to hear of it.
class Delivery {
 public:
  explicit Delivery(const Words& words, std::chrono::milliseconds limit = std::chrono::seconds(20))
      : crew_([](const LogRecord&) {}),
        delivery_(
            starter().start(words).value(), crew_, [this](std::string_view text) { said += text; },
            Deadline::in(limit)) {}

  MailDelivery& operator*() { return delivery_; }
  MailDelivery* operator->() { return &delivery_; }

  std::string said;

 private:
  Crew crew_;
  MailDelivery delivery_;
};

// What WORDS say on standard error, with INPUT to read, until they end well.
std::string said_by(const Words& words, std::string_view input = {}) {
  Delivery delivery(words);
  delivery->give(input);
  const int status = delivery->finish();
  cr_expect(status == 0, "status %d: %s", status, delivery.said.c_str());
  return delivery.said;
}

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/msmtp-command-XXXXXX";
    cr_assert(mkdtemp(name) != nullptr);
    name_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(name_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name, const std::string& text, mode_t mode = 0700) const {
    std::ofstream(name_ + '/' + name) << text;
    cr_assert(chmod((name_ + '/' + name).c_str(), mode) == 0);
    return name_ + '/' + name;
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

bool is_gone(pid_t pid) {
  return kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

Test(command_delivery, a_command_reads_all_and_its_words_are_its_own, .timeout = 30) {
  cr_expect(said_by({"/bin/sh", "-c", "cat >&2; printf '<%s>' \"$@\" >&2", "x", "a b", "", "$(id)"}, "mail\n") ==
            "mail\n<a b><><$(id)>");
}

Test(command_delivery, a_command_is_looked_for_as_a_shell_does, .timeout = 30) {
  const Folder folder;
  (void)folder.file("msmtp-test-say", "echo script \"$@\" >&2\n");  // without "#!"
  setenv("PATH", ("/nonexistent:" + folder.name() + ":/usr/bin:/bin").c_str(), 1);
  cr_expect(said_by({"msmtp-test-say", "x"}) == "script x\n");
  cr_expect(said_by({"sh", "-c", "echo found >&2"}) == "found\n");
  unsetenv("PATH");
  cr_expect(said_by({"sh", "-c", "echo default >&2"}) == "default\n");
}

Test(command_delivery, why_a_command_cannot_be_started_is_told, .timeout = 30) {
  const Folder folder;
  const std::pair<Words, std::string> cases[] = {
      {{"/nonexistent/x"}, "cannot start /nonexistent/x: No such file or directory"},
      {{"msmtp-test-nothing"}, "cannot start msmtp-test-nothing: No such file or directory"},
      {{""}, "cannot start : No such file or directory"},
      {{folder.name()}, "cannot start " + folder.name() + ": Permission denied"},
      {{"/bin/true", std::string(200'000, 'x')}, "cannot start /bin/true: Argument list too long"},
  };
  auto commands = starter();
  for (const auto& [words, text] : cases) {
    const auto started = commands.start(words);
    cr_assert(!started.has_value());
    cr_expect(started.error().text == text, "%s", started.error().text.c_str());
    cr_expect(started.error().code == ExitCode::os_error);
  }
  cr_expect(waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD, "a child was left behind");
}

Test(command_delivery, ten_thousand_words_are_passed_on_also_to_a_script, .timeout = 30) {
  const Folder folder;
  Words words{folder.file("count", "echo $# >&2\n")};
  words.resize(10'001, "someone@example.test");
  cr_expect(said_by(words) == "10000\n");
}

Test(command_delivery, nothing_of_ours_comes_to_the_command, .timeout = 30) {
  const Fd careless(open("/dev/null", O_RDONLY));
  for (const int signal : {SIGHUP, SIGTERM, SIGUSR1}) std::signal(signal, SIG_IGN);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  const std::string said = said_by(
      {"/bin/sh", "-c",
       "grep -E '^Sig(Blk|Ign)' /proc/self/status >&2; ls /proc/$$/fd | tr '\\n' ' ' >&2; ps -o pgid= -p $$ >&2; "
       "echo $$ >&2"});
  const std::string ignoring = "SigBlk:\t0000000000000000\nSigIgn:\t";
  cr_assert(said.starts_with(ignoring), "%s", said.c_str());
  // Two signals are glibc's own: no program can change what it inherited of them.
  cr_expect((std::stoull(said.substr(ignoring.size(), 16), nullptr, 16) & ~(3ULL << 31)) == 0, "%s", said.c_str());
  cr_expect(said.substr(ignoring.size() + 16).starts_with("\n0 1 2 "), "%s", said.c_str());
  sigset_t now;
  sigprocmask(SIG_SETMASK, nullptr, &now);
  cr_expect(sigismember(&now, SIGUSR2) == 1, "our own mask has changed");
  cr_expect(careless.is_open());
}

Test(command_delivery, the_end_is_seen_at_once_whatever_it_leaves_behind, .timeout = 30) {
  const auto began = Deadline::Clock::now();
  Delivery delivery({"/bin/sh", "-c", "sleep 5 & echo $! >&2; exit 3"});
  const int status = delivery->finish();
  cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  cr_expect(Deadline::Clock::now() - began < std::chrono::seconds(3));
  kill(std::stoi(delivery.said), SIGKILL);
}

Test(command_delivery, a_mail_that_is_abandoned_takes_all_that_was_started_with_it, .timeout = 30) {
  const Folder folder;
  const std::string pids = folder.name() + "/pids";
  {
    Delivery delivery({"/bin/sh", "-c",
                       "exec 3<&0; (cat <&3; echo end >" + folder.name() + "/end) & echo $$ $! >" + pids +
                           "; wait; echo end >" + folder.name() + "/end"});
    delivery->give("half of a mail\n");
    for (int i = 0; i < 500 && (!std::filesystem::exists(pids) || std::filesystem::file_size(pids) == 0); ++i) {
      poll(nullptr, 0, 10);
    }
  }
  pid_t shell = 0;
  pid_t other = 0;
  std::ifstream(pids) >> shell >> other;
  cr_assert(shell > 0 && other > 0);
  cr_expect(is_gone(shell));
  poll(nullptr, 0, 50);
  cr_expect(!std::filesystem::exists(folder.name() + "/end"));
}

Test(command_delivery, a_command_that_does_nothing_is_killed_when_the_session_is_over, .timeout = 30) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{1024 * 1024}}) {
    Delivery delivery({"/bin/sleep", "1000"}, std::chrono::milliseconds(200));
    delivery->give(std::string(size, 'x'));
    cr_expect(delivery->finish() == SIGKILL);
  }
}

Test(command_delivery, a_command_that_ends_before_it_has_read_all_may_end_well, .timeout = 30) {
  Delivery delivery({"/bin/true"});
  for (int i = 0; i < 100; ++i) delivery->give(std::string(60'000, 'x'));
  cr_expect(delivery->finish() == 0);
}

Test(command_delivery, a_command_that_says_more_than_it_reads_stops_nobody, .timeout = 30) {
  Delivery delivery({"/bin/sh", "-c", "head -c 1000000 /dev/zero >&2; cat >/dev/null"});
  for (int i = 0; i < 100; ++i) delivery->give(std::string(60'000, 'x'));
  cr_expect(delivery->finish() == 0);
  cr_expect(delivery.said.size() == 1'000'000);
  cr_expect(delivery->errors().size() == 4096);
}
