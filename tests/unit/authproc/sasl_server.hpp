// The server's side of SASL for tests: the library's own, told one user and password.
#pragma once

#include "common/base64.hpp"
#include "common/channel_binding.hpp"

#include <cstdlib>
#include <gsasl.h>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp::test {

class SaslServer {
 public:
  SaslServer(const std::string& mechanism, std::string user, std::string password, std::string rounds = "4096",
             ChannelBinding binding = {})
      : user_(std::move(user)), password_(std::move(password)), rounds_(std::move(rounds)), binding_(binding) {
    gsasl_init(&library_);
    gsasl_callback_set(library_, answer);
    gsasl_callback_hook_set(library_, this);
    started_ = gsasl_server_start(library_, mechanism.c_str(), &session_) == GSASL_OK;
  }
  ~SaslServer() {
    if (started_) gsasl_finish(session_);
    gsasl_done(library_);
  }
  SaslServer(const SaslServer&) = delete;
  SaslServer& operator=(const SaslServer&) = delete;

  // What the server sends after INPUT; nothing when it refuses.
  std::optional<std::string> step(std::string_view input) {
    char* output = nullptr;
    std::size_t size = 0;
    const int code = gsasl_step(session_, input.data(), input.size(), &output, &size);
    if (code != GSASL_OK && code != GSASL_NEEDS_MORE) return std::nullopt;
    accepted_ = code == GSASL_OK;
    std::string sent(output == nullptr ? "" : output, size);
    gsasl_free(output);
    return sent;
  }
  bool has_accepted() const { return accepted_; }

 private:
  static int answer(Gsasl* library, Gsasl_session* session, Gsasl_property property) {
    const auto* self = static_cast<const SaslServer*>(gsasl_callback_hook_get(library));
    if (property == GSASL_PASSWORD) return gsasl_property_set(session, property, self->password_.c_str());
    if (property == GSASL_SCRAM_ITER) return gsasl_property_set(session, property, self->rounds_.c_str());
    if (property == GSASL_REALM) return gsasl_property_set(session, property, "example");
    if (property == GSASL_CB_TLS_EXPORTER && self->binding_.kind == BindingKind::exporter) {
      return gsasl_property_set(session, property, base64_encode(self->binding_.view()).c_str());
    }
    if (property == GSASL_CB_TLS_UNIQUE && self->binding_.kind == BindingKind::unique) {
      return gsasl_property_set(session, property, base64_encode(self->binding_.view()).c_str());
    }
    if (property == GSASL_VALIDATE_SIMPLE) return self->validate(session);
    return GSASL_NO_CALLBACK;
  }

  int validate(Gsasl_session* session) const {
    const char* user = gsasl_property_fast(session, GSASL_AUTHID);
    const char* password = gsasl_property_fast(session, GSASL_PASSWORD);
    const bool good = user != nullptr && password != nullptr && user_ == user && password_ == password;
    return good ? GSASL_OK : GSASL_AUTHENTICATION_ERROR;
  }

  std::string user_;
  std::string password_;
  std::string rounds_;
  ChannelBinding binding_;
  Gsasl* library_ = nullptr;
  Gsasl_session* session_ = nullptr;
  bool started_ = false;
  bool accepted_ = false;
};

}  // namespace msmtp::test
