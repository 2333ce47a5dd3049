// The client's side of GSSAPI with Kerberos V5 (RFC 4752): a ticket instead of a password.
//
// Not libgsasl's, which does not tell why the system's library found no ticket.
#pragma once

#include "authproc/login.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

#include <memory>
#include <string_view>

namespace msmtp {

class GssapiClient {
 public:
  // Asks for a ticket for "smtp@HOST", and computes what the client says first. All that takes files, libraries or the
  // network happens here. EX_UNAVAILABLE without a ticket of the user's, EX_TEMPFAIL when no key distribution center
  // answers, EX_NOPERM when there is no ticket for the server.
  static Result<GssapiClient> start(const Login& login);

  // The answer to a challenge, the first of which is empty. EX_SOFTWARE when it is not acceptable.
  Result<Secret> step(std::string_view challenge);

  // Whether the server has proved that it holds the key of the service, and everything is said.
  bool is_complete() const;

 private:
  struct State;
  struct Free {
    void operator()(State* state) const;
  };

  explicit GssapiClient(std::unique_ptr<State, Free> state) : state_(std::move(state)) {}

  std::unique_ptr<State, Free> state_;
};

}  // namespace msmtp
