// The helper's life: started with a question, listened to, ended in time.
#include "authproc/keyring.hpp"

#include "common/child_log.hpp"
#include "common/deadline.hpp"
#include "common/fd.hpp"
#include "common/lesser_user.hpp"
#include "common/messages.hpp"
#include "common/spawn.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace msmtp {

namespace {

// A started helper; killed and reaped at the latest when it is let go.
class Search {
 public:
  Search(Child child, Fd output) : child_(std::move(child)), output_(std::move(output)) {}
  Search(Search&&) = default;
  Search& operator=(Search&&) = delete;
  ~Search() {
    if (child_.pid() <= 0) return;
    kill(child_.pid(), SIGKILL);
    (void)child_.wait(Deadline::never());
  }

  const Fd& output() const { return output_; }
  std::optional<int> wait(const Deadline& deadline) { return child_.wait(deadline); }

 private:
  Child child_;
  Fd output_;
};

// What steers the dynamic loader has no say in a set-id program's helper.
std::vector<std::string> helper_environment() {
  std::vector<std::string> variables;
  const bool suspicious = is_set_id();
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (suspicious && (variable.starts_with("LD_") || variable.starts_with("DYLD_"))) continue;
    variables.emplace_back(variable);
  }
  return variables;
}

// The question is shorter than what a pipe holds: it is all written before there is a reader.
Result<Search> start(const std::string& program, std::string_view host, std::string_view user) {
  Pipe question = TRY(make_pipe());
  Pipe answer = TRY(make_pipe());
  std::string text(host);
  text += '\0';
  text += user;
  TRY(write_all(question.write_end, text));
  question.write_end.close();
  seal_inherited_descriptors();
  std::vector<HandedFd> handed;
  handed.push_back({std::move(question.read_end), STDIN_FILENO});
  handed.push_back({std::move(answer.write_end), STDOUT_FILENO});
  handed.push_back({Fd(open("/dev/null", O_WRONLY | O_CLOEXEC)), STDERR_FILENO});
  Child child = TRY(spawn(program, std::move(handed), helper_environment()));
  return Search(std::move(child), std::move(answer.read_end));
}

// All that comes until the end of file, or a little more than is allowed; nothing when the end does not come in time.
std::optional<Secret> read_answer(const Fd& output, const Deadline& deadline) {
  Secret text = Secret::with_capacity(max_password + 1);
  for (;;) {
    pollfd watched{output.number(), POLLIN, 0};
    if (poll(&watched, 1, deadline.poll_timeout()) > 0) {
      const ssize_t count = read(output.number(), text.spare(), text.spare_size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return text;
      text.grow_by(static_cast<std::size_t>(count));
      if (text.spare_size() == 0) return text;
    }
    if (deadline.has_passed()) return std::nullopt;
  }
}

void warn(std::string_view what) {
  log_warning("key ring: " + std::string(what));
}

void warn_of_silence() {
  warn("it did not answer within " + std::to_string(keyring_patience.count()) + " seconds");
}

// Whether STATUS says that what the helper wrote is a password.
bool has_found(int status) {
  if (!WIFEXITED(status)) {
    warn("msmtp-keyring " + describe_wait_status(status));
    return false;
  }
  switch (WEXITSTATUS(status)) {
    case static_cast<int>(KeyringAnswer::found): return true;
    case static_cast<int>(KeyringAnswer::nothing): return false;
    case static_cast<int>(KeyringAnswer::locked): warn("it has the password, but is locked"); return false;
    case static_cast<int>(KeyringAnswer::unreadable): warn("its answer cannot be read"); return false;
    case static_cast<int>(KeyringAnswer::silent): warn_of_silence(); return false;
    default: warn("msmtp-keyring " + describe_wait_status(status)); return false;
  }
}

bool is_reachable() {
  if (config::keyring != "libsecret") return true;
  return has_session_bus(std::getenv("DBUS_SESSION_BUS_ADDRESS"), std::getenv("XDG_RUNTIME_DIR"));
}

}  // namespace

std::string keyring_program(std::string_view executable, std::string_view installed, bool set_id) {
  const std::size_t slash = executable.rfind('/');
  const bool beside = !set_id && slash != std::string_view::npos;
  return std::string(beside ? executable.substr(0, slash) : installed) + "/msmtp-keyring";
}

bool has_session_bus(const char* bus_address, const char* runtime_directory) {
  const std::string_view address = bus_address == nullptr ? "" : bus_address;
  if (!address.empty()) return !address.starts_with("autolaunch:");
  return runtime_directory != nullptr && access((std::string(runtime_directory) + "/bus").c_str(), F_OK) == 0;
}

Result<std::optional<Secret>> search_keyring(const std::string& program, std::string_view host, std::string_view user) {
  if (!is_reachable() || user.empty() || access(program.c_str(), X_OK) != 0) return std::optional<Secret>();
  const Deadline deadline = Deadline::in(keyring_patience);
  Search search = TRY(start(program, host, user));
  std::optional<Secret> password = read_answer(search.output(), deadline);
  if (password && password->size() > max_password) {
    return fail(ExitCode::config, "the password in the key ring is longer than 64 KiB");
  }
  const auto status = password ? search.wait(deadline) : std::nullopt;
  if (!status) {
    warn_of_silence();
    return std::optional<Secret>();
  }
  if (!has_found(*status)) return std::optional<Secret>();
  if (password->reveal().find('\0') != std::string_view::npos) {
    return fail(ExitCode::config, "the password in the key ring holds a NUL byte");
  }
  return password;
}

}  // namespace msmtp
