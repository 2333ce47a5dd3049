// The command's life.
#include "authproc/keychain_search.hpp"

#include "authproc/keychain.hpp"
#include "common/fd.hpp"
#include "common/messages.hpp"
#include "common/spawn.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace msmtp {

namespace {

// The largest password that is not printable, in hexadecimal and once more with octal escapes, and some lines beside.
constexpr std::size_t most_words = 6 * (max_password + 1) + 4096;

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) variables.emplace_back(*entry);
  return variables;
}

struct Started {
  Child child;
  Fd words;  // its standard error, which is where the password comes
};

Result<Started> start(const std::string& command, std::string_view host, std::string_view user) {
  Pipe words = TRY(make_pipe());
  seal_inherited_descriptors();
  std::vector<HandedFd> handed;
  handed.push_back({Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)), STDIN_FILENO});
  handed.push_back({Fd(open("/dev/null", O_WRONLY | O_CLOEXEC)), STDOUT_FILENO});
  handed.push_back({std::move(words.write_end), STDERR_FILENO});
  Child child = TRY(spawn(command, std::move(handed), environment(), keychain_arguments(host, user)));
  return Started{std::move(child), std::move(words.read_end)};
}

// All that comes until the end of file, up to a limit; false when the end does not come in time.
bool read_words(const Fd& source, Secret& words, const Deadline& deadline) {
  while (words.spare_size() > 0) {
    pollfd watched{source.number(), POLLIN, 0};
    if (poll(&watched, 1, deadline.poll_timeout()) > 0) {
      const ssize_t count = read(source.number(), words.spare(), words.spare_size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return true;
      words.grow_by(static_cast<std::size_t>(count));
    }
    if (deadline.has_passed()) return false;
  }
  return true;
}

KeychainFound judge(int status, const Secret& words) {
  if (!WIFEXITED(status)) return {KeyringAnswer::unreadable, std::nullopt};
  const KeyringAnswer answer = keychain_answer(WEXITSTATUS(status));
  if (answer != KeyringAnswer::found) return {answer, std::nullopt};
  auto password = keychain_password(words.reveal());
  if (!password) return {KeyringAnswer::unreadable, std::nullopt};
  return {answer, std::move(password)};
}

}  // namespace

KeychainFound search_keychain(const std::string& command, std::string_view host, std::string_view user,
                              const Deadline& deadline) {
  auto started = start(command, host, user);
  if (!started) return {};
  Secret words = Secret::with_capacity(most_words);
  const bool complete = read_words(started->words, words, deadline);
  started->words.close();
  const auto status = complete ? started->child.wait(deadline) : std::nullopt;
  if (status) return judge(*status, words);
  kill(started->child.pid(), SIGKILL);
  (void)started->child.wait(Deadline::never());
  return {KeyringAnswer::silent, std::nullopt};
}

}  // namespace msmtp
