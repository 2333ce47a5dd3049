// libgsasl behind the SaslClient.
#include "authproc/sasl.hpp"

#include "authproc/ntlm.hpp"
#include "authproc/sasl_prep.hpp"
#include "authproc/scram.hpp"
#include "common/base64.hpp"

#include <algorithm>
#include <cstdlib>
#include <gsasl.h>

namespace msmtp {

namespace {

bool is_scram(Mechanism mechanism) {
  return mechanism == Mechanism::scram_sha_1 || mechanism == Mechanism::scram_sha_256 || binds_channel(mechanism);
}

// NTLM: servers ask for its first message with a challenge that is no base64.
bool client_speaks_first(Mechanism mechanism) {
  return mechanism == Mechanism::plain || mechanism == Mechanism::ntlm;
}

// Whether the second challenge is the server's proof that it knows the password.
bool proves_itself(Mechanism mechanism) {
  return is_scram(mechanism) || mechanism == Mechanism::digest_md5;
}

Error plain_error(ExitCode code, std::string text) {
  return {code, std::move(text), {}, Cause::plain};
}

// Memory of the library's that held something secret.
void wipe_and_free(char* memory, std::size_t size) {
  if (memory != nullptr) wipe_memory(memory, size);
  gsasl_free(memory);
}

// 18 random bytes in base64: printable, and without a comma.
std::optional<std::string> fresh_nonce() {
  char bytes[18];
  if (gsasl_nonce(bytes, sizeof bytes) != GSASL_OK) return std::nullopt;
  return base64_encode({bytes, sizeof bytes});
}

bool set(Gsasl_session* session, Gsasl_property property, std::string_view value) {
  const char* data = value.empty() ? "" : value.data();
  return gsasl_property_set_raw(session, property, data, value.size()) == GSASL_OK;
}

}  // namespace

void SaslClient::Free::operator()(Gsasl* library) const {
  gsasl_done(library);
}

void SaslClient::Free::operator()(Gsasl_session* session) const {
  gsasl_finish(session);
}

std::string SaslClient::for_method(std::string_view text) const {
  return std::string(text) + " (method " + std::string(name(mechanism_)) + ")";
}

Result<SaslClient> SaslClient::start(Mechanism mechanism, const Login& login) {
  SaslClient client(mechanism);
  const std::string method = "authentication method " + std::string(name(mechanism));
  if (!is_available(mechanism)) return fail(ExitCode::unavailable, method + " is not in this build");
  const bool needs_password = mechanism != Mechanism::external && mechanism != Mechanism::gssapi;
  if (login.password == nullptr && needs_password) {
    return fail(ExitCode::unavailable, method + " needs a password");
  }
  if (is_one_message(mechanism)) {
    client.one_message_.emplace(TRY(OneMessage::start(mechanism, login)));
    return client;
  }
  if (mechanism == Mechanism::gssapi) {
    client.gssapi_.emplace(TRY(GssapiClient::start(login)));
    return client;
  }
  if (is_scram(mechanism)) {
    client.scram_.emplace(TRY(client.scram(login)));
    return client;
  }
  TRY(client.check_texts(login));
  TRY(client.open(login));
  return client;
}

Result<void> SaslClient::check_texts(const Login& login) const {
  const std::size_t longest = std::max(login.user.size(), login.domain.size());
  if (mechanism_ == Mechanism::ntlm && longest > longest_ntlm_name) {
    return fail(ExitCode::software, for_method("the user name or the domain is too long"));
  }
  if (mechanism_ != Mechanism::cram_md5) return {};
  TRY(prepared_user(login));
  TRY(prepared_password(login, true));
  return {};
}

Result<Secret> SaslClient::prepared_user(const Login& login) const {
  auto user = sasl_prepared(login.user, SaslText::query);
  if (user) return std::move(*user);
  return fail(ExitCode::software, for_method("the user name is not UTF-8 or has characters that may not be used"));
}

Result<Secret> SaslClient::prepared_password(const Login& login, bool allow_unassigned) const {
  auto password = sasl_prepared(login.password->reveal(), allow_unassigned ? SaslText::query : SaslText::stored);
  if (password) return std::move(*password);
  return fail(ExitCode::software, for_method("the password is not UTF-8 or has characters that may not be used"));
}

// RFC 5802 takes the password for a stored string, in which characters that Unicode 3.2 did not know may not stand.
Result<ScramClient> SaslClient::scram(const Login& login) const {
  if (binds_channel(mechanism_) && !login.binding.is_known()) {
    return fail(ExitCode::unavailable, for_method("there is no TLS connection that the login could be bound to"));
  }
  const Secret user = TRY(prepared_user(login));
  Secret password = TRY(prepared_password(login, false));
  const auto nonce = fresh_nonce();
  if (!nonce) return fail(ExitCode::os_error, "no random numbers");
  return ScramClient(mechanism_, user.reveal(), std::move(password), login.binding, *nonce);
}

Result<void> SaslClient::open(const Login& login) {
  Gsasl* library = nullptr;
  if (gsasl_init(&library) != GSASL_OK) return fail(ExitCode::software, "cannot start the SASL library");
  library_.reset(library);
  Gsasl_session* session = nullptr;
  if (gsasl_client_start(library, std::string(name(mechanism_)).c_str(), &session) != GSASL_OK) {
    return fail(ExitCode::unavailable, for_method("the SASL library lacks the method"));
  }
  session_.reset(session);
  return tell(login);
}

Result<void> SaslClient::tell(const Login& login) {
  Gsasl_session* session = session_.get();
  const bool known = set(session, GSASL_AUTHID, login.user) && set(session, GSASL_PASSWORD, login.password->reveal()) &&
                     set(session, GSASL_SERVICE, login.service) && set(session, GSASL_HOSTNAME, login.host) &&
                     (login.domain.empty() || set(session, GSASL_REALM, login.domain));
  if (!known) return fail(ExitCode::os_error, "out of memory");
  return {};
}

Result<std::optional<Secret>> SaslClient::first() {
  if (one_message_) return one_message_->first();
  if (scram_) return std::optional(Secret::copy_of(scram_->first()));
  if (!client_speaks_first(mechanism_)) return std::optional<Secret>();
  return std::optional<Secret>(TRY(answer({})));
}

Result<Secret> SaslClient::step(std::string_view challenge) {
  if (one_message_) {
    std::optional<Secret> response = one_message_->step();
    if (!response) return too_many();
    return std::move(*response);
  }
  if (gssapi_) return gssapi_->step(challenge);
  if (complete_) return too_many();
  ++challenges_;
  if (scram_) return step_of_scram(challenge);
  if (mechanism_ == Mechanism::ntlm && challenges_ == 1) TRY(check_ntlm_challenge(challenge));
  return answer(challenge);
}

// The second challenge is the server's proof, and the answer to it is empty.
Result<Secret> SaslClient::step_of_scram(std::string_view challenge) {
  if (challenges_ == 1) return Secret::copy_of(TRY(scram_->final(challenge)));
  if (const auto reported = scram_server_error(challenge); !reported.empty()) return fail(scram_refusal(reported));
  if (!scram_->is_proof(challenge)) return fail(incomplete());
  complete_ = true;
  return Secret();
}

bool SaslClient::is_complete() const {
  if (gssapi_) return gssapi_->is_complete();
  return one_message_ ? one_message_->is_complete() : complete_;
}

Unexpected SaslClient::too_many() const {
  return fail(ExitCode::software, for_method("the server sends another challenge after the last step"));
}

Result<Secret> SaslClient::answer(std::string_view challenge) {
  char* output = nullptr;
  std::size_t size = 0;
  const int code = gsasl_step(session_.get(), challenge.data(), challenge.size(), &output, &size);
  if (code != GSASL_OK && code != GSASL_NEEDS_MORE) return fail(refusal(code));
  complete_ = code == GSASL_OK;
  Secret response = Secret::copy_of({output == nullptr ? "" : output, size});
  wipe_and_free(output, size);
  return response;
}

// The names are those of RFC 5802, 7.
Error SaslClient::scram_refusal(std::string_view reported) const {
  std::string text = for_method("authentication failed") + ": " + std::string(reported.substr(0, 200));
  if (reported == "channel-bindings-dont-match") {
    text += ": the TLS connection does not end at this server, somebody may be in between";
  } else if (reported == "server-does-support-channel-binding") {
    text += ": somebody in between may have hidden that the server offers it";
  }
  return plain_error(ExitCode::no_permission, std::move(text));
}

// By the name of the library's error, for its text would come through gettext, which opens files.
Error SaslClient::refusal(int code) const {
  if (proves_itself(mechanism_) && challenges_ == 2) return incomplete();
  const char* symbol = gsasl_strerror_name(code);
  const std::string reason = symbol == nullptr ? std::to_string(code) : symbol;
  return plain_error(ExitCode::software, for_method("the server's challenge is not acceptable") + ": " + reason);
}

Error SaslClient::incomplete() const {
  if (proves_itself(mechanism_)) {
    return plain_error(ExitCode::protocol, for_method("the server did not prove that it knows the password"));
  }
  return plain_error(ExitCode::protocol, for_method("the server ended the exchange too early"));
}

}  // namespace msmtp
