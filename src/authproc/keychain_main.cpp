// msmtp-keyring where the key ring is macOS's keychain: looks one password up by the system's own command, and ends.
#include "authproc/keychain_search.hpp"
#include "authproc/keyring.hpp"
#include "authproc/keyring_question.hpp"
#include "common/fd.hpp"
#include "common/lesser_user.hpp"
#include "common/sandbox.hpp"

#include <chrono>
#include <unistd.h>

namespace msmtp {

namespace {

// A little less than authproc waits for us: whoever is killed cannot end what it has started.
constexpr auto longest_command = keyring_patience - std::chrono::seconds(1);

KeyringAnswer run() {
  const Fd input(STDIN_FILENO);
  const Fd output(STDOUT_FILENO);
  const auto question = read_keyring_question(input);
  if (!question) return KeyringAnswer::nothing;
  const KeychainFound found =
      search_keychain("/usr/bin/security", question->host, question->user, Deadline::in(longest_command));
  if (found.answer == KeyringAnswer::found && !write_all(output, found.password->reveal())) {
    return KeyringAnswer::unreadable;
  }
  return found.answer;
}

}  // namespace

}  // namespace msmtp

int main() {
  // In this order: a change of user would undo the other.
  if (!msmtp::drop_set_id()) return static_cast<int>(msmtp::KeyringAnswer::nothing);
  msmtp::harden_process(true);
  return static_cast<int>(msmtp::run());
}
