// libgsasl behind the SaslClient.
#include "authproc/sasl.hpp"

#include "authproc/ntlm.hpp"
#include "authproc/scram.hpp"

#include <algorithm>
#include <cstdlib>
#include <gsasl.h>

namespace msmtp {

namespace {

bool is_scram(Mechanism mechanism) {
  return mechanism == Mechanism::scram_sha_1 || mechanism == Mechanism::scram_sha_256;
}

// NTLM: servers ask for its first message with a challenge that is no base64.
bool client_speaks_first(Mechanism mechanism) {
  return is_scram(mechanism) || mechanism == Mechanism::plain || mechanism == Mechanism::ntlm;
}

// Whether the second challenge is the server's proof that it knows the password.
bool proves_itself(Mechanism mechanism) {
  return is_scram(mechanism) || mechanism == Mechanism::digest_md5;
}

// The others send the bytes as they are, or prepare them in a way of their own.
bool hashes_prepared_text(Mechanism mechanism) {
  return is_scram(mechanism) || mechanism == Mechanism::cram_md5;
}

Error plain_error(ExitCode code, std::string text) {
  return {code, std::move(text), {}, Cause::plain};
}

// Memory of the library's that held something secret.
void wipe_and_free(char* memory, std::size_t size) {
  if (memory != nullptr) wipe_memory(memory, size);
  gsasl_free(memory);
}

bool can_be_prepared(std::string_view text, Gsasl_saslprep_flags flags) {
  Secret terminated = Secret::copy_of(text);
  terminated.append(std::string_view("\0", 1));
  char* prepared = nullptr;
  const int outcome = gsasl_saslprep(terminated.reveal().data(), flags, &prepared, nullptr);
  if (outcome == GSASL_OK) wipe_and_free(prepared, std::char_traits<char>::length(prepared));
  return outcome == GSASL_OK;
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
  if (!is_available(mechanism)) return fail(ExitCode::unavailable, method + " is not available yet");
  if (login.password == nullptr && mechanism != Mechanism::external) {
    return fail(ExitCode::unavailable, method + " needs a password");
  }
  if (is_one_message(mechanism)) {
    client.one_message_.emplace(TRY(OneMessage::start(mechanism, login)));
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
  if (!hashes_prepared_text(mechanism_)) return {};
  // RFC 5802 takes the password for a stored string, in which characters that Unicode 3.2 did not know may
  // not stand.
  const auto password_flags = is_scram(mechanism_) ? Gsasl_saslprep_flags{} : GSASL_ALLOW_UNASSIGNED;
  if (!can_be_prepared(login.user, GSASL_ALLOW_UNASSIGNED)) {
    return fail(ExitCode::software, for_method("the user name is not UTF-8 or has characters that may not be used"));
  }
  if (!can_be_prepared(login.password->reveal(), password_flags)) {
    return fail(ExitCode::software, for_method("the password is not UTF-8 or has characters that may not be used"));
  }
  return {};
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
  if (!client_speaks_first(mechanism_)) return std::optional<Secret>();
  Secret response = TRY(answer({}));
  if (is_scram(mechanism_)) scram_nonce_ = scram_nonce(response.reveal());
  return std::optional<Secret>(std::move(response));
}

Result<Secret> SaslClient::step(std::string_view challenge) {
  if (one_message_) {
    std::optional<Secret> response = one_message_->step();
    if (!response) return too_many();
    return std::move(*response);
  }
  if (complete_) return too_many();
  ++challenges_;
  TRY(check_challenge(challenge));
  return answer(challenge);
}

bool SaslClient::is_complete() const {
  return one_message_ ? one_message_->is_complete() : complete_;
}

Unexpected SaslClient::too_many() const {
  return fail(ExitCode::software, for_method("the server sends another challenge after the last step"));
}

Result<void> SaslClient::check_challenge(std::string_view challenge) const {
  if (challenges_ != 1) return {};
  if (is_scram(mechanism_)) return check_scram_server_first(challenge, scram_nonce_);
  if (mechanism_ == Mechanism::ntlm) return check_ntlm_challenge(challenge);
  return {};
}

Result<Secret> SaslClient::answer(std::string_view challenge) {
  char* output = nullptr;
  std::size_t size = 0;
  const int code = gsasl_step(session_.get(), challenge.data(), challenge.size(), &output, &size);
  if (code != GSASL_OK && code != GSASL_NEEDS_MORE) return fail(refusal(challenge, code));
  complete_ = code == GSASL_OK;
  Secret response = Secret::copy_of({output == nullptr ? "" : output, size});
  wipe_and_free(output, size);
  return response;
}

// By the name of the library's error, for its text would come through gettext, which opens files.
Error SaslClient::refusal(std::string_view challenge, int code) const {
  const std::string_view reported = is_scram(mechanism_) ? scram_server_error(challenge) : std::string_view();
  if (challenges_ == 2 && !reported.empty()) {
    return plain_error(ExitCode::no_permission,
                       for_method("authentication failed") + ": " + std::string(reported.substr(0, 200)));
  }
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
