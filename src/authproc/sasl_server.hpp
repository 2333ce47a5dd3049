// The server's side of one SASL exchange, through libgsasl: PLAIN, LOGIN, SCRAM-SHA-256.
//
// The library keeps copies of what it was told that nobody can wipe: the process has to end soon after a password that
// is right.
#pragma once

#include "authproc/verifier_credentials.hpp"
#include "common/mechanism.hpp"
#include "common/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct Gsasl;
struct Gsasl_session;

namespace msmtp {

// The library, which is made ready before a sandbox is entered.
class SaslLibrary {
 public:
  static Result<SaslLibrary> open();
  Gsasl* get() const { return library_.get(); }

 private:
  struct Free {
    void operator()(Gsasl* library) const;
  };
  std::unique_ptr<Gsasl, Free> library_;
};

struct SaslTurn {
  enum class Kind : std::uint8_t { challenge, accepted, refused };
  Kind kind = Kind::refused;
  std::string challenge;  // with accepted: what the client must hear before it is told so; may be empty
};

class SaslServer {
 public:
  // LIBRARY and CREDENTIALS outlive it. EX_UNAVAILABLE for another mechanism than those three.
  static Result<SaslServer> start(const SaslLibrary& library, const Credentials& credentials, Mechanism mechanism);

  // The client's initial response, or that it has none; once, before any step().
  SaslTurn begin(std::optional<std::string_view> response);
  // Its response to a challenge.
  SaslTurn step(std::string_view response);

 private:
  struct Free {
    void operator()(Gsasl_session* session) const;
  };

  explicit SaslServer(Mechanism mechanism) : mechanism_(mechanism) {}

  bool is_whole(std::string_view response) const;
  std::string next_question();

  Mechanism mechanism_;
  bool asked_ = false;  // LOGIN has asked for the name
  std::unique_ptr<Gsasl_session, Free> session_;
};

}  // namespace msmtp
