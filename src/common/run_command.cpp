// The shell, and a reader that wants the first line of its output.
#include "common/run_command.hpp"

#include "common/fd.hpp"
#include "common/lesser_user.hpp"
#include "common/messages.hpp"
#include "common/process_tree.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

namespace msmtp {

namespace {

// How long the rest of a line may take when the shell has ended, but something that it left behind in the
// background still holds our pipe.
constexpr auto patience_with_leftovers = std::chrono::seconds(1);

// What a command may write behind its first line.
constexpr std::size_t most_output = 1024 * 1024;

// While this exists, the end of a child interrupts ppoll(2) with waiting_mask(), and only that. A caller
// that ignores SIGCHLD would otherwise never learn the status.
class ChildSignal {
 public:
  ChildSignal() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, &old_action_);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &old_mask_);
    waiting_mask_ = old_mask_;
    sigdelset(&waiting_mask_, SIGCHLD);
  }
  ~ChildSignal() {
    sigaction(SIGCHLD, &old_action_, nullptr);
    sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  }
  ChildSignal(const ChildSignal&) = delete;
  ChildSignal& operator=(const ChildSignal&) = delete;

  const sigset_t& waiting_mask() const { return waiting_mask_; }

 private:
  struct sigaction old_action_ {};
  sigset_t old_mask_{};
  sigset_t waiting_mask_{};
};

// The environment of a command: ours, and in a set-id program without what would steer the dynamic loader.
std::vector<char*> command_environment() {
  std::vector<char*> kept;
  const bool suspicious = is_set_id();
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!suspicious || std::strncmp(*entry, "LD_", 3) != 0) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

void default_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  sigemptyset(&standard.sa_mask);
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Moves the three descriptors to 0, 1 and 2 by way of higher numbers: a program that was started without
// standard descriptors has its own down there.
void place_descriptors(int input, int output, int error) {
  const std::array<int, 3> lifted = {fcntl(input, F_DUPFD, 3), fcntl(output, F_DUPFD, 3), fcntl(error, F_DUPFD, 3)};
  for (int number = 0; number < 3; ++number) {
    if (lifted[static_cast<std::size_t>(number)] < 0) {
      close(number);
    } else {
      dup2(lifted[static_cast<std::size_t>(number)], number);
    }
  }
  closefrom(3);
}

// A command whose reader is gone is asked to end; a terminal that it has changed it can still restore.
void end_with_reader() {
#if defined(__linux__)
  (void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
#endif
}

// What the new process does until it is the shell. "--": a command may begin with "-".
[[noreturn]] void become_shell(const std::string& command, char* const* environment, int input, int output, int error) {
  place_descriptors(input, output, error);
  default_signals();
  if (drop_set_id()) {
    end_with_reader();  // a change of user would undo it
    std::array<std::string, 3> words = {"sh", "-c", "--"};
    std::string text = command;
    char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(), text.data(), nullptr};
    execve("/bin/sh", arguments, environment);
  }
  _exit(127);
}

// A started shell: reaped, and killed before that if need be, by the destructor at the latest.
class Shell {
 public:
  explicit Shell(pid_t pid) : pid_(pid) {}
  // A program that has changed the terminal's settings gets a moment to put them back. What the shell has
  // started is asked one by one: its process group is ours too.
  ~Shell() {
    if (!has_ended()) ask_to_end();
    for (int tries = 0; tries < 50 && !has_ended(); ++tries) (void)poll(nullptr, 0, 10);
    if (has_ended()) return;
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  bool has_ended() {
    int status = 0;
    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_.has_value();
  }

  // What is wrong with its end; empty when it exited with 0.
  std::string complaint() const {
    if (WIFSIGNALED(*status_)) return "was killed by signal " + std::to_string(WTERMSIG(*status_));
    if (WEXITSTATUS(*status_) != 0) return "exited with status " + std::to_string(WEXITSTATUS(*status_));
    return {};
  }

 private:
  void ask_to_end() const {
    const std::vector<pid_t> started = descendants(pid_);
    kill(pid_, SIGTERM);
    for (const pid_t pid : started) kill(pid, SIGTERM);
  }

  pid_t pid_;
  std::optional<int> status_;
};

// The first line of what comes through a pipe. What follows it is read too, and forgotten, so that a
// command that writes more is not killed by SIGPIPE.
class FirstLine {
 public:
  bool is_complete() const { return is_complete_; }
  bool at_end_of_file() const { return at_end_of_file_; }
  bool too_long() const { return bytes_.size() > max_password; }
  bool too_much() const { return read_in_all_ > most_output; }
  bool holds_nul() const { return bytes_.reveal().find('\0') != std::string_view::npos; }
  bool has_come() const { return is_complete_ || !bytes_.empty(); }
  Secret take() { return std::move(bytes_); }

  // Takes what is there without waiting. OUTPUT is non-blocking.
  void read_available(const Fd& output) {
    while (!at_end_of_file_ && !too_long() && !too_much()) {
      Secret& target = is_complete_ ? rest_ : bytes_;
      if (is_complete_) target.truncate(0);
      target.reserve(max_password + 3);
      const ssize_t count = read(output.number(), target.spare(), target.spare_size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      at_end_of_file_ = count <= 0;
      if (count <= 0) return;
      target.grow_by(static_cast<std::size_t>(count));
      read_in_all_ += static_cast<std::size_t>(count);
      if (!is_complete_) look_for_end();
    }
  }

 private:
  void look_for_end() {
    const std::size_t end = bytes_.reveal().find('\n');
    if (end == std::string_view::npos) return;
    is_complete_ = true;
    bytes_.truncate(end);
    if (bytes_.reveal().ends_with('\r')) bytes_.truncate(bytes_.size() - 1);
  }

  Secret bytes_;
  Secret rest_;
  std::size_t read_in_all_ = 0;
  bool is_complete_ = false;
  bool at_end_of_file_ = false;
};

// Until there is output, or a child has ended, or the deadline passes.
void wait_for_news(const Fd& output, const FirstLine& line, const Deadline& deadline, const sigset_t& mask) {
  pollfd news{output.number(), POLLIN, 0};
  const int milliseconds = deadline.poll_timeout();
  const timespec span{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
  (void)ppoll(&news, line.at_end_of_file() ? 0 : 1, milliseconds < 0 ? nullptr : &span, &mask);
}

// Reads until the shell has ended and its line is complete. Empty text: that worked.
std::string follow(Shell& shell, const Fd& output, FirstLine& line, const Deadline& deadline, const sigset_t& mask) {
  std::optional<Deadline> leftovers;
  for (;;) {
    const bool ended = shell.has_ended();  // asked first: what the shell wrote is in the pipe when it is gone
    line.read_available(output);
    if (line.too_long()) return "writes a first line of more than 64 KiB";
    if (line.too_much()) return "does not stop writing";
    if (ended && (line.is_complete() || line.at_end_of_file())) return {};
    if (ended && !leftovers) leftovers = Deadline::in(patience_with_leftovers);
    if (leftovers && leftovers->has_passed()) return {};
    if (deadline.has_passed()) return "did not end in time";
    wait_for_news(output, line, leftovers ? deadline.or_earlier(*leftovers) : deadline, mask);
  }
}

Result<pid_t> start_shell(std::string_view command, const Fd& output, const CommandRules& rules) {
  const Fd input = TRY(open_for_reading("/dev/null"));
  const std::string text(command);
  const std::vector<char*> environment = command_environment();
  const pid_t pid = fork();
  if (pid == 0) become_shell(text, environment.data(), input.number(), output.number(), rules.stderr_number);
  if (pid < 0) return fail(ExitCode::os_error, "cannot start a process: " + error_text(errno));
  return pid;
}

}  // namespace

Result<Secret> run_command(std::string_view command, const Deadline& deadline, const CommandRules& rules) {
  const std::string quoted = "'" + std::string(command) + "'";
  Pipe pipe = TRY(make_pipe());
  TRY(set_nonblocking(pipe.read_end));
  const ChildSignal child_signal;
  Shell shell(TRY(start_shell(command, pipe.write_end, rules)));
  pipe.write_end.close();

  FirstLine line;
  std::string complaint = follow(shell, pipe.read_end, line, deadline, child_signal.waiting_mask());
  if (complaint.empty()) complaint = shell.complaint();
  if (!complaint.empty()) return fail(rules.failure, "command " + quoted + " " + complaint);
  if (!line.has_come()) return fail(rules.failure, "cannot read output of " + quoted);
  if (line.holds_nul()) return fail(rules.failure, "the output of " + quoted + " holds a NUL byte");
  return line.take();
}

}  // namespace msmtp
