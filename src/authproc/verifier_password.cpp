// The process that has the password for a moment.
#include "authproc/verifier_password.hpp"

#include "authproc/acquire.hpp"
#include "authproc/sasl_prep.hpp"
#include "common/channel.hpp"
#include "common/sandbox.hpp"
#include "common/spawn.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sys/random.h>
#include <unistd.h>
#include <utility>
#include <variant>

namespace msmtp {

namespace {

struct Keys {
  bool found = false;
  BytesView<32> stored_key;
  BytesView<32> server_key;

  [[maybe_unused]] static constexpr std::string_view message_name = "Keys";
  static void fields(auto& self, auto&& field) {
    field("found", self.found);
    field("stored_key", self.stored_key);
    field("server_key", self.server_key);
  }
};

using FromDeriver = std::variant<Keys, Failed>;
using ToDeriver = std::variant<Choose>;  // never said
using DeriverEnd = Channel<FromDeriver, ToDeriver>;
using KeeperEnd = Channel<ToDeriver, FromDeriver>;

Secret prepared_or_same(std::string_view text, SaslText kind) {
  auto prepared = sasl_prepared(text, kind);
  return prepared ? std::move(*prepared) : Secret::copy_of(text);
}

Result<Salt> random_salt() {
  Salt salt;
  if (getentropy(salt.data(), salt.size()) != 0) {
    return fail(ExitCode::os_error, "there is no randomness: " + error_text(errno));
  }
  return salt;
}

Result<Keys> find_keys(Acquire question, const Fd& parent, const Salt& salt, ScramKeys& keys) {
  const auto password = TRY(acquire_password(std::move(question), parent));
  if (!password) return Keys{};
  keys = derive_keys(prepared_or_same(password->reveal(), SaslText::query).reveal(), salt);
  return Keys{true, *BytesView<32>::from(keys.stored_key.view()), *BytesView<32>::from(keys.server_key.view())};
}

[[noreturn]] void derive(Acquire question, const Fd& parent, const Salt& salt, Fd channel) {
  harden_process(true);
  DeriverEnd keeper(std::move(channel), "msmtp-verifier");
  ScramKeys derived;
  const auto keys = find_keys(std::move(question), parent, salt, derived);
  (void)(keys ? keeper.send(*keys) : keeper.send(failed(keys.error())));
  _exit(0);
}

bool take(DigestValue& key, std::string_view bytes) {
  key.size = key.bytes.size();
  if (bytes.size() != key.size) return false;
  std::ranges::copy(bytes, key.bytes.begin());
  return true;
}

Result<std::optional<ScramKeys>> hear_keys(KeeperEnd& deriver, const Salt& salt) {
  const auto message = TRY((deriver.expect<Keys, Failed>(Deadline::never())));
  if (const auto* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
  const Keys& heard = std::get<Keys>(message);
  if (!heard.found) return std::optional<ScramKeys>();
  ScramKeys keys{salt, {}, {}};
  if (!take(keys.stored_key, heard.stored_key.view()) || !take(keys.server_key, heard.server_key.view())) {
    return Unexpected{deriver.socket().lied("keys that are none")};
  }
  return std::optional(keys);
}

}  // namespace

Result<std::optional<Credentials>> derive_credentials(Acquire question, const Fd& parent) {
  const Salt salt = TRY(random_salt());
  const Salt secret = TRY(random_salt());
  SocketPair channel = TRY(make_seqpacket_pair());
  const Secret user = prepared_or_same(question.user.view(), SaslText::query);
  const pid_t pid = fork();
  if (pid < 0) return fail(ExitCode::os_error, "cannot start a process: " + error_text(errno));
  if (pid == 0) {
    channel.left.close();
    derive(std::move(question), parent, salt, std::move(channel.right));
  }
  channel.right.close();
  KeeperEnd deriver(std::move(channel.left), "the process that asks for the password");
  auto keys = hear_keys(deriver, salt);
  (void)Child(pid).wait(Deadline::never());
  const auto found = TRY(std::move(keys));
  if (!found) return std::optional<Credentials>();
  return std::optional(Credentials(std::string(user.reveal()), *found, secret));
}

}  // namespace msmtp
