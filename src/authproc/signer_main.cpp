// msmtp-signer: holds the private key of the client certificate, and signs one TLS handshake with it.
//
// While it loads the key it may do what the user may, and hears nobody but its parent. Then it hears netproc, and may
// only read and write what is open already; where a module has to be called for a token, more, but nothing of the
// network.
#include "authproc/acquire.hpp"
#include "authproc/signer_file.hpp"
#include "authproc/signer_input.hpp"
#include "authproc/signer_pss.hpp"
#include "authproc/signer_token.hpp"
#include "authproc/turn.hpp"
#include "common/channel.hpp"
#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "common/text.hpp"

#include <unistd.h>
#include <vector>

namespace msmtp {

namespace {

using SignersParent = Channel<FromSigner, ToSigner>;
using SignersNetproc = Channel<KeyFromSigner, KeyFromNetproc>;

struct Question {
  LoadKey key;
  Acquire pin;
};

// The one question, or the one that is chosen of several once all of them are there.
Result<Question> hear_question(SignersParent& parent) {
  std::vector<Question> candidates;
  do {
    if (candidates.size() == max_candidates) return Unexpected{parent.socket().lied("too many candidates")};
    LoadKey key = TRY(parent.expect_one<LoadKey>(Deadline::never()));
    candidates.push_back({std::move(key), TRY(parent.expect_one<Acquire>(Deadline::never()))});
  } while (candidates.back().pin.more_follow);
  if (candidates.size() == 1) return std::move(candidates.front());
  const Choose choice = TRY(parent.expect_one<Choose>(Deadline::never()));
  if (choice.index >= candidates.size()) return Unexpected{parent.socket().lied("a choice that is none")};
  return std::move(candidates[choice.index]);
}

struct LoadedKey {
  std::unique_ptr<SigningKey> key;
  std::string certificate;  // in DER, of a token; empty: netproc has a file
};

Result<LoadedKey> load(Question question, const Fd& parent) {
  const std::string& key = question.key.key.str();
  const std::string& certificate = question.key.certificate.str();
  if (!is_token_uri(key)) {
    LoadedKey loaded;
    loaded.key = TRY(load_key_file(key, parent));
    if (!certificate.empty()) loaded.certificate = TRY(load_token_certificate(certificate));
    return loaded;
  }
  const PinSource find_pin = [&](std::string_view token) {
    const std::string prompt = "PIN of the token " + std::string(token) + ": ";
    return acquire_password(std::move(question.pin), parent, prompt);
  };
  LoadedKey loaded;
  loaded.key = TRY(load_token_key(key, certificate, find_pin));
  loaded.certificate = loaded.key->certificate();
  return loaded;
}

Result<void> introduce(const LoadedKey& loaded, SignersNetproc& netproc) {
  Key message;
  message.kind = loaded.key->kind();
  const auto public_key = BytesView<8 * 1024>::from(loaded.key->public_key());
  const auto certificate = BytesView<32 * 1024>::from(loaded.certificate);
  if (!public_key || !certificate) return fail(ExitCode::no_input, "tls_cert_file: too large");
  message.public_key = *public_key;
  message.certificate = *certificate;
  return netproc.send(message);
}

// Modules open their files again for a signature, take locks on them and talk to their daemons.
Result<void> seal(const SigningKey& key) {
  if (!key.is_on_token()) return enter_stage(Stage::signer_sign);
  Grants grants;
  grants.paths.push_back({"/", PathGrant::Access::write});
  return enter_stage(Stage::signer_token, grants);
}

// The handshake may do without: then netproc goes, and that is all.
Result<void> sign_once(SigningKey& key, SignersNetproc& netproc, const Fd& parent) {
  TRY(wait_for_turn(netproc.fd(), parent));
  const Sign request = TRY(netproc.expect_one<Sign>(Deadline::never()));
  const std::string_view input = request.input.view();
  const bool fits = is_handshake_input(key.kind(), request.scheme, input, key.modulus_size()) &&
                    (request.scheme != SignatureScheme::rsa_pss || is_pss_block(input, key.modulus_bits()));
  if (!fits) return Unexpected{netproc.socket().lied("something to sign that is no handshake")};
  const std::string signature = TRY(key.sign(request.scheme, input));
  const auto bytes = BytesView<max_signature>::from(signature);
  if (!bytes) return fail(ExitCode::software, "the signature is too long");
  return netproc.send(Signature{*bytes});
}

Result<void> serve(SignersParent& parent, SignersNetproc& netproc) {
  Question question = TRY(hear_question(parent));
  const LoadedKey loaded = TRY(load(std::move(question), parent.fd()));
  TRY(introduce(loaded, netproc));
  TRY(seal(*loaded.key));
  TRY(parent.send(KeyLoaded{}));
  return sign_once(*loaded.key, netproc, parent.fd());
}

int run() {
  SignersParent parent(Fd(parent_channel_number), "msmtp");
  SignersNetproc netproc(Fd(signing_channel_number), "msmtp-netproc-tls");
  const Result<void> served = serve(parent, netproc);
  if (served) return 0;
  // Whoever is gone needs no message, and the one that is left notices by itself.
  if (served.error().cause == Cause::peer_gone) return 0;
  (void)parent.send(failed(served.error()));
  return static_cast<int>(served.error().code);
}

}  // namespace

}  // namespace msmtp

int main() {
  msmtp::harden_process(true);
  // What modules leave to do at the end of a process is not for one that is sealed.
  _exit(msmtp::run());
}
