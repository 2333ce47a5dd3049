// race: runs commands in turn and measures how long each process lives, from its start until it has been waited for.
//
//   race [--rounds N] [--warmup N] [--timeout SECONDS] [--budget SECONDS] -- LABEL [SETTING...] COMMAND... [-- LABEL
//   ...]
//
// A SETTING is "0=FILE" (a descriptor that is open for reading; several numbers) or "NAME=VALUE" (of its environment).
// A round runs each command once, and begins with another one each time; the warm-up counts for nothing. The budget
// ends it early, though not before three rounds. It prints one line of JSON: for each label its times in milliseconds,
// in the order of the rounds (null where it failed), and what went wrong.
#include "util.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstring>

extern char** environ;

namespace msmtp {

namespace {

constexpr std::size_t least_rounds = 3;

struct Runner {
  std::string label;
  std::vector<std::pair<int, std::string>> files;
  std::vector<char*> environment;  // ends with null, as posix_spawn wants it
  std::vector<char*> command;
  std::vector<std::string> times;
  std::vector<Nanoseconds> processor;
  int failed = 0;
  int left_behind = 0;  // processes that outlived the command
  std::string why;
};

bool is_environment(std::string_view word) {
  const std::size_t equals = word.find('=');
  if (equals == word.npos || equals == 0) return false;
  for (const char c : word.substr(0, equals)) {
    if (std::isupper(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
  }
  return true;
}

Runner runner_of(std::span<char*> words) {
  if (words.size() < 2) give_up("race: a label and a command are needed");
  Runner runner;
  runner.label = words[0];
  for (char** entry = environ; *entry != nullptr; ++entry) runner.environment.push_back(*entry);
  std::size_t at = 1;
  for (; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word.size() > 2 && std::isdigit(static_cast<unsigned char>(word[0])) != 0 && word[1] == '=') {
      runner.files.emplace_back(word[0] - '0', word.substr(2));
    } else if (is_environment(word)) {
      runner.environment.push_back(words[at]);
    } else {
      break;
    }
  }
  runner.environment.push_back(nullptr);
  runner.command.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
  if (runner.command.empty()) give_up("race: no command for " + runner.label);
  runner.command.push_back(nullptr);
  return runner;
}

std::vector<Runner> runners_of(std::span<char*> words) {
  std::vector<Runner> runners;
  while (!words.empty()) {
    if (std::string_view(words[0]) != "--") give_up("race: -- must begin each command");
    std::size_t end = 1;
    while (end < words.size() && std::string_view(words[end]) != "--") ++end;
    runners.push_back(runner_of(words.subspan(1, end - 1)));
    words = words.subspan(end);
  }
  if (runners.empty()) give_up("race: no commands");
  return runners;
}

pid_t start(const Runner& runner) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  for (const auto& [number, path] : runner.files) {
    posix_spawn_file_actions_addopen(&actions, number, path.c_str(), O_RDONLY, 0);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, runner.command[0], &actions, &attributes, runner.command.data(), runner.environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) give_up(std::string(runner.command[0]) + ": " + std::strerror(error));
  return pid;
}

// Kills the process group of PID when it takes too long. False if that was necessary.
bool ends_in_time(pid_t pid, int seconds) {
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) return true;
  pollfd ready = {process.number(), POLLIN, 0};
  if (poll(&ready, 1, seconds * 1000) != 0) return true;
  kill(-pid, SIGKILL);
  return false;
}

void run_once(Runner& runner, int timeout, bool counts) {
  const Nanoseconds begin = now();
  const pid_t pid = start(runner);
  const bool in_time = ends_in_time(pid, timeout);
  int status = 0;
  rusage usage{};
  need(wait4(pid, &status, 0, &usage), "wait4");
  const Nanoseconds taken = now() - begin;
  kill(-pid, SIGKILL);  // what has outlived it, if anything
  while (waitpid(-1, nullptr, 0) > 0) ++runner.left_behind;
  if (!counts) return;
  const bool fine = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const std::string text = as_milliseconds({taken});
  runner.times.push_back(fine ? text.substr(1, text.size() - 2) : "null");
  const auto nanoseconds = [](const timeval& time) { return time.tv_sec * one_second + time.tv_usec * 1000; };
  runner.processor.push_back(nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime));
  if (fine) return;
  ++runner.failed;
  runner.why = !in_time            ? "took longer than " + std::to_string(timeout) + " s"
               : WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status))
                                   : "signal " + std::to_string(WTERMSIG(status));
}

std::string as_json(const Runner& runner) {
  std::string text = quoted(runner.label) + ":{\"ms\":[";
  for (std::size_t i = 0; i < runner.times.size(); ++i) text += (i > 0 ? "," : "") + runner.times[i];
  return text + "],\"processor_ms\":" + as_milliseconds(runner.processor) +
         ",\"failed\":" + std::to_string(runner.failed) + ",\"left_behind\":" + std::to_string(runner.left_behind) +
         ",\"why\":" + quoted(runner.why) + "}";
}

int run(std::span<char*> arguments) {
  std::int64_t rounds = 10, warmup = 1, timeout = 30, budget = 3600;
  const auto rest = take_options(arguments, {{.name = "--rounds", .number = &rounds},
                                             {.name = "--warmup", .number = &warmup},
                                             {.name = "--timeout", .number = &timeout},
                                             {.name = "--budget", .number = &budget}});
  std::vector<Runner> runners = runners_of(rest);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Nanoseconds end = now() + budget * one_second;
  const std::size_t all = static_cast<std::size_t>(warmup + rounds), first = static_cast<std::size_t>(warmup);
  for (std::size_t round = 0; round < all; ++round) {
    if (round >= first + least_rounds && now() > end) break;
    for (std::size_t i = 0; i < runners.size(); ++i) {
      run_once(runners[(i + round) % runners.size()], static_cast<int>(timeout), round >= first);
    }
  }
  std::string text = "{";
  for (const Runner& runner : runners) text += (text.size() > 1 ? "," : "") + as_json(runner);
  std::printf("%s}\n", text.c_str());
  return 0;
}

}  // namespace

}  // namespace msmtp

int main(int argc, char** argv) {
  return msmtp::run(std::span(argv, static_cast<std::size_t>(argc)));
}
