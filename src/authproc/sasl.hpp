// The client's side of one SASL exchange: SCRAM, GSSAPI and what has one message by our own code, the rest
// through libgsasl.
//
// The library keeps copies of the password that nobody can wipe: the process has to end soon after.
#pragma once

#include "authproc/gssapi.hpp"
#include "authproc/login.hpp"
#include "authproc/one_message.hpp"
#include "authproc/scram_client.hpp"
#include "common/mechanism.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct Gsasl;
struct Gsasl_session;

namespace msmtp {

class SaslClient {
 public:
  // EX_UNAVAILABLE for a mechanism that this class does not lead, or a password or channel binding that is missing;
  // EX_SOFTWARE for text that the mechanism cannot carry, or that SASLprep (RFC 4013) refuses where it is needed.
  static Result<SaslClient> start(Mechanism mechanism, const Login& login);

  // The initial response, once, before the first step; nothing when the server speaks first.
  Result<std::optional<Secret>> first();

  // The answer to a challenge. EX_SOFTWARE when it is not acceptable, EX_PROTOCOL when the server does not
  // prove that it knows the password, EX_NOPERM when the server's message says that we do not.
  Result<Secret> step(std::string_view challenge);

  // Whether nothing more is to be sent, and under SCRAM and DIGEST-MD5 the server has given its proof.
  bool is_complete() const;
  // Why the end of the exchange is not acceptable while is_complete() does not hold.
  Error incomplete() const;

 private:
  struct Free {
    void operator()(Gsasl* library) const;
    void operator()(Gsasl_session* session) const;
  };

  explicit SaslClient(Mechanism mechanism) : mechanism_(mechanism) {}
  Result<void> open(const Login& login);
  Result<void> tell(const Login& login);
  Result<void> check_texts(const Login& login) const;
  Result<Secret> prepared_user(const Login& login) const;
  Result<Secret> prepared_password(const Login& login, bool allow_unassigned) const;
  Result<ScramClient> scram(const Login& login) const;
  Result<Secret> step_of_scram(std::string_view challenge);
  Unexpected too_many() const;
  Result<Secret> answer(std::string_view challenge);
  Error refusal(int code) const;
  Error scram_refusal(std::string_view reported) const;
  std::string for_method(std::string_view text) const;

  Mechanism mechanism_;
  std::unique_ptr<Gsasl, Free> library_;
  std::unique_ptr<Gsasl_session, Free> session_;  // after the library, so that it goes first
  std::optional<OneMessage> one_message_;         // then nothing of the library is used
  std::optional<ScramClient> scram_;              // then neither
  std::optional<GssapiClient> gssapi_;            // then neither
  int challenges_ = 0;
  bool complete_ = false;
};

}  // namespace msmtp
