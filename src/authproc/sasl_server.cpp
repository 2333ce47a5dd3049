// libgsasl behind the SaslServer.
#include "authproc/sasl_server.hpp"

#include "authproc/sasl_prep.hpp"
#include "common/base64.hpp"

#include <algorithm>
#include <gsasl.h>
#include <utility>

namespace msmtp {

namespace {

// What cannot be prepared is compared as it is.
Secret prepared_or_same(std::string_view text) {
  auto prepared = sasl_prepared(text, SaslText::query);
  return prepared ? std::move(*prepared) : Secret::copy_of(text);
}

std::string_view text_of(const char* value) {
  return value == nullptr ? std::string_view() : value;
}

std::string_view property(Gsasl_session* session, Gsasl_property name) {
  return text_of(gsasl_property_fast(session, name));
}

int set(Gsasl_session* session, Gsasl_property name, const std::string& value) {
  return gsasl_property_set(session, name, value.c_str());
}

const Credentials& credentials_of(Gsasl_session* session) {
  return *static_cast<const Credentials*>(gsasl_session_hook_get(session));
}

ScramKeys keys_for(Gsasl_session* session) {
  return credentials_of(session).keys_of(prepared_or_same(property(session, GSASL_AUTHID)).reveal());
}

// The authorization id says nothing: there is one thing to do here, and all who may do it are the same.
int validate(Gsasl_session* session) {
  const Secret user = prepared_or_same(property(session, GSASL_AUTHID));
  const Secret password = prepared_or_same(property(session, GSASL_PASSWORD));
  const bool right = credentials_of(session).is_password_of(user.reveal(), password.reveal());
  return right ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
}

// What the library asks in the course of an exchange.
int answer(Gsasl*, Gsasl_session* session, Gsasl_property question) {
  if (question == GSASL_VALIDATE_SIMPLE) return validate(session);
  if (question == GSASL_SCRAM_ITER) return set(session, question, std::to_string(verifier_rounds));
  if (question == GSASL_SCRAM_SALT) {
    const Salt salt = keys_for(session).salt;
    return set(session, question, base64_encode({salt.data(), salt.size()}));
  }
  if (question == GSASL_SCRAM_STOREDKEY) {
    return set(session, question, base64_encode(keys_for(session).stored_key.view()));
  }
  if (question == GSASL_SCRAM_SERVERKEY) {
    return set(session, question, base64_encode(keys_for(session).server_key.view()));
  }
  return GSASL_NO_CALLBACK;
}

const char* name_for_library(Mechanism mechanism) {
  if (mechanism == Mechanism::plain) return "PLAIN";
  if (mechanism == Mechanism::login) return "LOGIN";
  return mechanism == Mechanism::scram_sha_256 ? "SCRAM-SHA-256" : nullptr;
}

}  // namespace

void SaslLibrary::Free::operator()(Gsasl* library) const {
  gsasl_done(library);
}

void SaslServer::Free::operator()(Gsasl_session* session) const {
  gsasl_finish(session);
}

Result<SaslLibrary> SaslLibrary::open() {
  Gsasl* library = nullptr;
  const int code = gsasl_init(&library);
  if (code != GSASL_OK) {
    return fail(ExitCode::software, "cannot initialize GNU SASL: " + std::string(text_of(gsasl_strerror_name(code))));
  }
  SaslLibrary opened;
  opened.library_.reset(library);
  gsasl_callback_set(library, answer);
  return opened;
}

Result<SaslServer> SaslServer::start(const SaslLibrary& library, const Credentials& credentials, Mechanism mechanism) {
  const char* const known = name_for_library(mechanism);
  Gsasl_session* session = nullptr;
  if (known == nullptr || gsasl_server_start(library.get(), known, &session) != GSASL_OK) {
    return fail(ExitCode::unavailable,
                "authentication method " + std::string(name(mechanism)) + " is not in this build");
  }
  SaslServer server(mechanism);
  server.session_.reset(session);
  // The library hands it back as it is, and the callback only reads.
  gsasl_session_hook_set(session, const_cast<Credentials*>(&credentials));
  return server;
}

// LOGIN: some clients say the user's name at once, which the library does not expect.
SaslTurn SaslServer::begin(std::optional<std::string_view> response) {
  if (mechanism_ != Mechanism::login) {
    if (response) return step(*response);
    return mechanism_ == Mechanism::plain ? SaslTurn{SaslTurn::Kind::challenge, {}} : step({});
  }
  const SaslTurn asked = step({});
  return response && asked.kind == SaslTurn::Kind::challenge ? step(*response) : asked;
}

// Some clients compare the questions letter for letter, with others than the library's.
std::string SaslServer::next_question() {
  return std::exchange(asked_, true) ? "Password:" : "Username:";
}

// The library takes what comes before a NUL for all of a password.
bool SaslServer::is_whole(std::string_view response) const {
  const auto separators = std::ranges::count(response, '\0');
  if (mechanism_ == Mechanism::plain) return separators == 2;
  return separators == 0;
}

SaslTurn SaslServer::step(std::string_view response) {
  if (!is_whole(response)) return {SaslTurn::Kind::refused, {}};
  char* output = nullptr;
  std::size_t size = 0;
  const int code = gsasl_step(session_.get(), response.data(), response.size(), &output, &size);
  std::string challenge = output == nullptr ? std::string() : std::string(output, size);
  gsasl_free(output);
  if (code == GSASL_NEEDS_MORE && mechanism_ == Mechanism::login) challenge = next_question();
  if (code == GSASL_NEEDS_MORE) return {SaslTurn::Kind::challenge, std::move(challenge)};
  if (code == GSASL_OK) return {SaslTurn::Kind::accepted, std::move(challenge)};
  return {SaslTurn::Kind::refused, {}};
}

}  // namespace msmtp
