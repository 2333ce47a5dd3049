// Starting helpers by posix_spawn, which shares our memory until exec and so costs the same whatever our size.
#include "common/spawn.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace msmtp {

namespace {

// Above every number that a child may be promised, so that moving one descriptor never overwrites another.
constexpr int safe_number = 16;

Result<void> move_out_of_the_way(HandedFd& handed) {
  if (handed.fd.number() >= safe_number) return {};
  Fd moved(fcntl(handed.fd.number(), F_DUPFD_CLOEXEC, safe_number));
  if (!moved.is_open()) return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  handed.fd = std::move(moved);
  return {};
}

// With it, and no group of a number, the child becomes the first of a new one.
int own_group_flag(ProcessGroup group) {
  return group == ProcessGroup::own ? POSIX_SPAWN_SETPGROUP : 0;
}

// The two opaque records of posix_spawn, with an owner.
class SpawnPlan {
 public:
  explicit SpawnPlan(ProcessGroup group) {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(
        &attributes, static_cast<short>(own_group_flag(group) | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> list;
  for (const std::string& string : strings) list.push_back(const_cast<char*>(string.c_str()));
  list.push_back(nullptr);
  return list;
}

}  // namespace

Child& Child::operator=(Child&& other) noexcept {
  pid_ = std::exchange(other.pid_, -1);
  return *this;
}

std::optional<int> Child::wait(const Deadline& deadline) {
  for (long nanoseconds = 50'000;; nanoseconds = std::min(2 * nanoseconds, 5'000'000L)) {
    int status = 0;
    if (pid_ <= 0) return std::nullopt;  // for waitpid(2) that would be any child
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      pid_ = -1;
      return status;
    }
    if ((ended < 0 && errno != EINTR) || deadline.has_passed()) return std::nullopt;
    const timespec span{0, nanoseconds};
    nanosleep(&span, nullptr);
  }
}

std::string describe_wait_status(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

Result<Child> spawn(const std::string& path, std::vector<HandedFd> descriptors,
                    const std::vector<std::string>& environment, const std::vector<std::string>& more_arguments,
                    ProcessGroup group) {
  SpawnPlan plan(group);
  for (HandedFd& handed : descriptors) TRY(move_out_of_the_way(handed));
  for (const HandedFd& handed : descriptors) {
    const int outcome = posix_spawn_file_actions_adddup2(&plan.actions, handed.fd.number(), handed.number);
    if (outcome != 0) return fail(ExitCode::os_error, "cannot hand over a descriptor: " + error_text(outcome));
  }
  std::vector<std::string> arguments{path.substr(path.rfind('/') + 1)};
  arguments.insert(arguments.end(), more_arguments.begin(), more_arguments.end());
  pid_t pid = -1;
  const int outcome = posix_spawn(&pid, path.c_str(), &plan.actions, &plan.attributes, pointers(arguments).data(),
                                  pointers(environment).data());
  if (outcome != 0) return fail(ExitCode::os_error, "cannot start " + path + ": " + error_text(outcome));
  return Child(pid);
}

void seal_inherited_descriptors() {
#if defined(CLOSE_RANGE_CLOEXEC)
  if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
#endif
  const long open_max = sysconf(_SC_OPEN_MAX);
  const int highest = static_cast<int>(std::clamp<long>(open_max, 256, 65536));
  for (int number = 3; number < highest; ++number) (void)fcntl(number, F_SETFD, FD_CLOEXEC);
}

}  // namespace msmtp
