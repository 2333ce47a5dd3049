// Starting helpers: what arrives in them, told by one from inside, and how their end is told.
#include "common/spawn.hpp"

#include <criterion/criterion.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace msmtp;

namespace {

constexpr const char* program = "build/tests/spawned";

Deadline soon() {
  return Deadline::in(std::chrono::seconds(10));
}

Fd null_device() {
  return Fd(open("/dev/null", O_RDWR | O_CLOEXEC));
}

// The file or pipe behind a descriptor, as /proc calls it.
std::string target_of(const Fd& fd) {
  char target[256];
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd.number())).c_str(), target, sizeof target);
  return std::string(target, size > 0 ? static_cast<std::size_t>(size) : 0);
}

// What the helper tells when it is started with DESCRIPTORS besides its output.
std::vector<std::string> told(std::vector<HandedFd> descriptors, const std::vector<std::string>& environment = {}) {
  if (access(program, X_OK) != 0) cr_skip_test("%s has not been built", program);
  seal_inherited_descriptors();
  Pipe output = make_pipe().value();
  descriptors.push_back({std::move(output.write_end), STDOUT_FILENO});
  auto child = spawn(program, std::move(descriptors), environment);
  cr_assert(child.has_value(), "%s", child ? "" : child.error().text.c_str());
  std::string text;
  char piece[4096];
  for (ssize_t size = 0; (size = read(output.read_end.number(), piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<std::size_t>(size));
  }
  const auto status = child->wait(soon());
  cr_expect(status && WIFEXITED(*status) && WEXITSTATUS(*status) == 42);
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> those_that_begin(const std::vector<std::string>& lines, std::string_view word) {
  std::vector<std::string> some;
  std::ranges::copy_if(lines, std::back_inserter(some),
                       [&](const std::string& line) { return line.starts_with(word); });
  return some;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::ranges::find(lines, line) != lines.end();
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int number = 0; number < 200; ++number) count += fcntl(number, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

}  // namespace

Test(spawn, a_helper_has_the_descriptors_of_its_map_and_no_others) {
  Pipe first = make_pipe().value();
  Pipe second = make_pipe().value();
  const std::string first_target = target_of(first.read_end);
  const std::string second_target = target_of(second.write_end);
  const Fd careless(open("/etc/passwd", O_RDONLY));  // without O_CLOEXEC: sealed before anything is started
  std::vector<HandedFd> map;
  map.push_back({null_device(), 0});
  map.push_back({null_device(), 2});
  map.push_back({std::move(first.read_end), 3});
  map.push_back({std::move(second.write_end), 4});
  const auto lines = told(std::move(map));
  const auto descriptors = those_that_begin(lines, "fd ");
  cr_expect(descriptors.size() == 5);
  cr_expect(has(descriptors, "fd 0 /dev/null"));
  cr_expect(has(descriptors, "fd 2 /dev/null"));
  cr_expect(has(descriptors, "fd 3 " + first_target));
  cr_expect(has(descriptors, "fd 4 " + second_target));
}

Test(spawn, descriptors_that_change_places_do_not_overwrite_each_other) {
  // The test framework has the lowest numbers, so these are in the way of each other by their own.
  Fd one = make_pipe().value().read_end;
  Fd other = make_pipe().value().read_end;
  Fd third = make_pipe().value().read_end;
  const int number_of_one = one.number();
  const int number_of_other = other.number();
  const int number_of_third = third.number();
  cr_assert(number_of_third < 16, "a number as low as those that helpers are promised");
  const auto line = [](int number, const Fd& fd) { return "fd " + std::to_string(number) + " " + target_of(fd); };
  const std::string wanted[] = {line(number_of_other, one), line(number_of_one, other), line(number_of_third, third)};
  std::vector<HandedFd> map;
  map.push_back({null_device(), 0});
  map.push_back({null_device(), 2});
  map.push_back({std::move(one), number_of_other});
  map.push_back({std::move(other), number_of_one});
  map.push_back({std::move(third), number_of_third});  // already in its place, and close-on-exec
  const auto lines = told(std::move(map));
  for (const std::string& expected : wanted) cr_expect(has(lines, expected), "%s", expected.c_str());
}

Test(spawn, what_was_handed_over_is_closed_here) {
  told({});
  const std::size_t before = open_descriptors();
  std::vector<HandedFd> map;
  for (int number = 3; number < 8; ++number) map.push_back({null_device(), number});
  told(std::move(map));
  cr_expect(open_descriptors() == before, "%zu instead of %zu", open_descriptors(), before);
}

Test(spawn, a_helper_has_default_signals_whatever_its_parent_ignores_or_blocks) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGCHLD, [](int) {});
  sigset_t some;
  sigemptyset(&some);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1, SIGPIPE, SIGRTMIN + 1}) sigaddset(&some, number);
  sigprocmask(SIG_BLOCK, &some, nullptr);
  const auto lines = told({});
  cr_expect(those_that_begin(lines, "blocked").empty(), "%s", those_that_begin(lines, "blocked")[0].c_str());
  cr_expect(those_that_begin(lines, "not default").empty(), "%s", those_that_begin(lines, "not default")[0].c_str());
}

Test(spawn, a_helper_has_the_environment_that_it_is_given_and_its_name_as_only_argument) {
  setenv("SSL_CERT_FILE", "/tmp/evil", 1);
  setenv("LD_PRELOAD", "", 1);
  const auto lines = told({}, {"ONE=1", "TWO=a b=c"});
  cr_expect(those_that_begin(lines, "variable") == std::vector<std::string>({"variable ONE=1", "variable TWO=a b=c"}));
  cr_expect(those_that_begin(lines, "argument") == std::vector<std::string>({"argument spawned"}));
  cr_expect(those_that_begin(told({}), "variable").empty());
}

Test(spawn, an_executable_that_is_missing_or_none_is_an_error_that_names_it) {
  for (const std::string path : {"/nonexistent/msmtp-helper", "/etc/passwd", "/etc"}) {
    std::vector<HandedFd> map;
    map.push_back({null_device(), 3});
    const std::size_t before = open_descriptors();
    const auto child = spawn(path, std::move(map), {});
    cr_assert(!child.has_value(), "%s", path.c_str());
    cr_expect(child.error().code == ExitCode::os_error);
    cr_expect(child.error().text.starts_with("cannot start " + path + ": "), "%s", child.error().text.c_str());
    cr_expect(open_descriptors() < before, "what was handed over is closed");
    cr_expect(waitpid(-1, nullptr, WNOHANG) == -1, "no process is left behind");
  }
}

Test(spawn, a_descriptor_that_is_not_open_cannot_be_handed_over) {
  std::vector<HandedFd> map;
  map.push_back({Fd(), 3});
  const auto child = spawn(program, std::move(map), {});
  cr_assert(!child.has_value());
  cr_expect(child.error().text.find("descriptor") != std::string::npos, "%s", child.error().text.c_str());
}

Test(spawn, waiting_for_a_child_ends_with_the_deadline_and_reaps_nobody_else) {
  const pid_t stranger = fork();
  if (stranger == 0) _exit(7);
  const pid_t pid = fork();
  if (pid == 0) pause();
  Child child(pid);
  cr_expect(!child.wait(Deadline::in(std::chrono::milliseconds(50))).has_value());
  cr_expect(child.pid() == pid);
  kill(pid, SIGKILL);
  const auto status = child.wait(soon());
  cr_assert(status.has_value());
  cr_expect(describe_wait_status(*status) == "was killed by signal 9");
  // Nothing is left of it, and another child is not taken for it.
  cr_expect(!child.wait(Deadline::in(std::chrono::milliseconds(50))).has_value());
  cr_expect(!Child().wait(Deadline::in(std::chrono::milliseconds(50))).has_value());
  int other = 0;
  cr_expect(waitpid(stranger, &other, 0) == stranger && describe_wait_status(other) == "ended with status 7");
}

Test(spawn, every_inherited_descriptor_is_sealed_however_high_its_number) {
  const Fd plain(open("/dev/null", O_RDONLY));
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int high = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 100'000)) - 1;
  const Fd far_away(dup2(plain.number(), high));
  cr_assert(far_away.is_open());
  seal_inherited_descriptors();
  cr_expect((fcntl(plain.number(), F_GETFD) & FD_CLOEXEC) != 0);
  cr_expect((fcntl(high, F_GETFD) & FD_CLOEXEC) != 0);
  for (const int standard : {0, 1, 2})
    cr_expect((fcntl(standard, F_GETFD) & FD_CLOEXEC) == 0, "%d is still handed on", standard);
}
