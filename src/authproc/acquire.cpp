// The sources in their order.
#include "authproc/acquire.hpp"

#include "authproc/keyring.hpp"
#include "authproc/netrc_file.hpp"
#include "authproc/prompt.hpp"
#include "common/lesser_user.hpp"
#include "common/run_command.hpp"

#include <chrono>
#include <climits>
#include <config.hpp>
#include <unistd.h>

namespace msmtp {

namespace {

// Somebody may have to find a smart card first; no server waits longer than this.
constexpr auto longest_evaluation = std::chrono::minutes(10);

Result<std::optional<Secret>> evaluate(const Acquire& question) {
  const CommandRules rules{.failure = ExitCode::config};
  return std::optional(TRY(run_command(question.command.view(), Deadline::in(longest_evaluation), rules)));
}

std::string running_executable() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

Result<std::optional<Secret>> ask_keyring(const Acquire& question) {
  if (config::keyring == "none") return std::optional<Secret>();
  const std::string program = keyring_program(running_executable(), config::libexec_helpers, is_set_id());
  return search_keyring(program, question.host.view(), question.user.view());
}

Result<std::optional<Secret>> search_netrc(const Acquire& question, const Text<max_path>& path, NetrcOwner owner) {
  if (path.empty()) return std::optional<Secret>();
  return search_netrc_file(path.str(), owner, question.host.view(), question.user.view());
}

Result<std::optional<Secret>> ask(const Acquire& question, const Fd& parent, std::string_view prompt) {
  if (!prompt.empty()) return ask_on_terminal(prompt, parent);
  return ask_for_password(question.user.view(), question.host.view(), parent);
}

Result<std::optional<Secret>> search(const Acquire& question, const Fd& parent, std::string_view prompt) {
  auto found = TRY(ask_keyring(question));
  if (!found) found = TRY(search_netrc(question, question.user_netrc, NetrcOwner::user));
  if (!found) found = TRY(search_netrc(question, question.system_netrc, NetrcOwner::system));
  if (!found) found = TRY(ask(question, parent, prompt));
  if (found && found->size() > max_password) return fail(ExitCode::config, "the password is longer than 64 KiB");
  return found;
}

}  // namespace

Result<std::optional<Secret>> acquire_password(Acquire question, const Fd& parent, std::string_view prompt) {
  switch (question.source) {
    case PasswordSource::none: return std::optional<Secret>();
    case PasswordSource::given: return std::optional(std::move(question.password.secret));
    case PasswordSource::evaluate: return evaluate(question);
    case PasswordSource::search: return search(question, parent, prompt);
  }
  return std::optional<Secret>();
}

}  // namespace msmtp
