// Starting the command that takes a mail.
//
// Every mail waits for this, so that it is done with the fewest steps that there are: on Linux the child shares our
// memory until it executes the command, as with vfork(2), but has a stack of its own; it tells us there why it could
// not, and the kernel gives a descriptor for its end in the same call. posix_spawn(3) has no place for prctl(2).
#include "parent/command_delivery.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#include <sys/prctl.h>
#endif

namespace msmtp {

namespace {

struct CommandPipes {
  Pipe input;
  Pipe errors;
};

Result<CommandPipes> make_command_pipes() {
  CommandPipes pipes{TRY(make_pipe()), TRY(make_pipe())};
  TRY(set_nonblocking(pipes.input.write_end));
  TRY(set_nonblocking(pipes.errors.read_end));
  return pipes;
}

// What the child needs, made beforehand: it must not allocate.
struct Start {
  char* const* arguments;
  int input;
  int output;
  int errors;
  const sigset_t* ignored;
  pid_t parent;
  int failure = 0;  // out: errno, when the command was not executed
};

void restore_signals(const sigset_t& ignored) {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (sigismember(&ignored, signal) == 1) std::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
}

// All of ours are close-on-exec. What somebody else opened without that would only be seen here.
void leave_no_other_descriptors() {
#if defined(CLOSE_RANGE_CLOEXEC)
  (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
#endif
}

bool die_with(pid_t parent) {
#if defined(__linux__)
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return false;
#endif
  return getppid() == parent;
}

// In the child. Returns only when the command could not be executed.
void execute(Start& start) {
  const bool ready = die_with(start.parent) && setpgid(0, 0) == 0 && dup2(start.input, STDIN_FILENO) >= 0 &&
                     dup2(start.output, STDOUT_FILENO) >= 0 && dup2(start.errors, STDERR_FILENO) >= 0;
  if (ready) {
    leave_no_other_descriptors();
    restore_signals(*start.ignored);
    execvp(start.arguments[0], start.arguments);
  }
  start.failure = errno != 0 ? errno : EINVAL;  // 0 would be success
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> list;
  list.reserve(words.size() + 1);
  for (const std::string& word : words) list.push_back(const_cast<char*>(word.c_str()));
  list.push_back(nullptr);
  return list;
}

// Signals that have a handler here must not run it in a child that shares our memory.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { (void)sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

struct Started {
  pid_t pid = -1;
  Fd end;
};

#if defined(__linux__)

int run_child(void* start) {
  execute(*static_cast<Start*>(start));
  _exit(127);
}

// Comes back when the child has executed the command, or could not. A kernel before 5.2 gives no descriptor.
Started start_child(Start& start, char* stack, std::size_t size) {
  constexpr std::uintptr_t alignment = 64;
  char* const top = stack + size - (reinterpret_cast<std::uintptr_t>(stack) + size) % alignment;
  int end = -1;
  const SignalsBlocked blocked;
  const pid_t pid = clone(run_child, top, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start, &end);
  if (pid < 0) start.failure = errno;
  return {pid, Fd(end)};
}

#else

Started start_child(Start& start, char*, std::size_t) {
  auto report = make_pipe();
  if (!report) return start.failure = EMFILE, Started{};
  const SignalsBlocked blocked;
  const pid_t pid = fork();
  if (pid == 0) {
    execute(start);
    (void)write(report->write_end.number(), &start.failure, sizeof start.failure);
    _exit(127);
  }
  if (pid < 0) return start.failure = errno, Started{};
  report->write_end.close();
  while (read(report->read_end.number(), &start.failure, sizeof start.failure) < 0 && errno == EINTR) {}
  return {pid, Fd()};
}

#endif

// What execvp(3) needs: room for a path, and for a second list of arguments where a script has no "#!".
std::size_t stack_size_for(std::size_t arguments) {
  const char* const path = std::getenv("PATH");
  return 64 * 1024 + arguments * sizeof(char*) + (path != nullptr ? std::strlen(path) : 0);
}

}  // namespace

Result<CommandStarter> CommandStarter::prepare() {
  Fd nothing(open("/dev/null", O_WRONLY | O_CLOEXEC));
  if (!nothing.is_open()) return fail(ExitCode::os_error, "/dev/null: " + error_text(errno));
  sigset_t ignored;
  sigemptyset(&ignored);
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    const bool known = sigaction(signal, nullptr, &action) == 0;
    if (known && action.sa_handler == SIG_IGN) sigaddset(&ignored, signal);
  }
  return CommandStarter(std::move(nothing), ignored);
}

Result<DeliveryEnds> CommandStarter::start(const std::vector<std::string>& words) {
  CommandPipes pipes = TRY(make_command_pipes());
  const std::vector<char*> arguments = pointers(words);
  if (const std::size_t size = stack_size_for(words.size()); size > stack_size_) {
    stack_ = std::make_unique_for_overwrite<char[]>(size);
    stack_size_ = size;
  }
  Start start{arguments.data(),  pipes.input.read_end.number(),
              nothing_.number(), pipes.errors.write_end.number(),
              &ignored_,         getpid()};
  Started started = start_child(start, stack_.get(), stack_size_);
  if (start.failure != 0) {
    Child failed(started.pid);
    (void)failed.wait(Deadline::never());
    return fail(ExitCode::os_error, "cannot start " + words.front() + ": " + error_text(start.failure));
  }
  return DeliveryEnds{Child(started.pid),
                      std::move(pipes.input.write_end),
                      std::move(pipes.errors.read_end),
                      {},
                      std::move(started.end),
                      true};
}

}  // namespace msmtp
