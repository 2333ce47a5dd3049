// SCRAM's messages and keys, in the names of RFC 5802, 3 and 7.
#include "authproc/scram_client.hpp"

#include "authproc/scram.hpp"
#include "common/base64.hpp"
#include "common/text.hpp"

#include <vector>

namespace msmtp {

namespace {

Digest digest_of(Mechanism mechanism) {
  const bool is_sha1 = mechanism == Mechanism::scram_sha_1 || mechanism == Mechanism::scram_sha_1_plus;
  return is_sha1 ? Digest::sha1 : Digest::sha256;
}

std::string gs2_header(Mechanism mechanism, const ChannelBinding& binding) {
  if (binds_channel(mechanism)) return "p=" + std::string(name(binding.kind)) + ",,";
  return binding.is_known() ? "y,," : "n,,";
}

DigestValue exclusive_or(DigestValue one, const DigestValue& other) {
  for (std::size_t i = 0; i < one.size; ++i) one.bytes[i] ^= other.bytes[i];
  return one;
}

}  // namespace

ScramClient::ScramClient(Mechanism mechanism, std::string_view user, Secret password, const ChannelBinding& binding,
                         std::string_view nonce)
    : digest_(digest_of(mechanism)),
      password_(std::move(password)),
      nonce_(nonce),
      gs2_header_(gs2_header(mechanism, binding)),
      first_bare_("n=" + saslname(user) + ",r=" + nonce_) {
  if (binds_channel(mechanism)) binding_ = binding;
}

Result<std::string> ScramClient::final(std::string_view challenge) {
  const ScramServerFirst server = TRY(parse_scram_server_first(challenge, nonce_));
  const std::string without_proof =
      "c=" + base64_encode(gs2_header_ + std::string(binding_.view())) + ",r=" + std::string(server.nonce);
  const std::string auth_message = first_bare_ + "," + std::string(challenge) + "," + without_proof;
  DigestValue salted_password = pbkdf2(digest_, password_.reveal(), server.salt, server.rounds);
  password_.wipe();
  const Hmac salted(digest_, salted_password.view());
  salted_password.wipe();
  DigestValue client_key = salted.of("Client Key");
  DigestValue server_key = salted.of("Server Key");
  const DigestValue stored_key = msmtp::digest_of(digest_, client_key.view());
  const DigestValue proof = exclusive_or(client_key, Hmac(digest_, stored_key.view()).of(auth_message));
  server_signature_ = base64_encode(Hmac(digest_, server_key.view()).of(auth_message).view());
  client_key.wipe();
  server_key.wipe();
  return without_proof + ",p=" + base64_encode(proof.view());
}

bool ScramClient::is_proof(std::string_view message) const {
  return !server_signature_.empty() && split(message, ',').front() == "v=" + server_signature_;
}

}  // namespace msmtp
