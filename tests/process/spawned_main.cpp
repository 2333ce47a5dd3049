// A helper that tells what it finds when it starts: descriptors, environment, signals, arguments. One fact a line on
// standard output.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <string>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace {

void tell(const std::string& line) {
  const std::string whole = line + "\n";
  if (write(STDOUT_FILENO, whole.data(), whole.size()) < 0) std::abort();
}

void tell_descriptors() {
  DIR* folder = opendir("/proc/self/fd");
  std::vector<int> numbers;
  while (const dirent* entry = readdir(folder)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number != dirfd(folder)) numbers.push_back(number);
  }
  closedir(folder);
  std::sort(numbers.begin(), numbers.end());
  for (const int number : numbers) {
    char target[256];
    const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(number)).c_str(), target, sizeof target);
    tell("fd " + std::to_string(number) + " " + std::string(target, size > 0 ? static_cast<std::size_t>(size) : 0));
  }
}

void tell_signals() {
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  for (int number = 1; number < SIGRTMAX; ++number) {
    if (sigismember(&blocked, number) == 1) tell("blocked " + std::to_string(number));
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_DFL) tell("not default " + std::to_string(number));
  }
}

}  // namespace

int main(int argc, char** argv) {
  tell_descriptors();
  tell_signals();
  for (int i = 0; i < argc; ++i) tell(std::string("argument ") + argv[i]);
  for (char** variable = environ; *variable != nullptr; ++variable) tell(std::string("variable ") + *variable);
  return 42;
}
