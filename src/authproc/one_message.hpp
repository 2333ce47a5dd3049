// The mechanisms of one message, which need no library: EXTERNAL (RFC 4422, appendix A), OAUTHBEARER (RFC 7628)
// and XOAUTH2 (what some providers had before it).
#pragma once

#include "authproc/login.hpp"
#include "common/mechanism.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

#include <optional>
#include <string_view>

namespace msmtp {

// Whether MECHANISM is one of the three.
bool is_one_message(Mechanism mechanism);

class OneMessage {
 public:
  // EX_SOFTWARE when the user or the token has control characters, which separate the fields of the message.
  static Result<OneMessage> start(Mechanism mechanism, const Login& login);

  // The message, where it is sent as the initial response; nothing where the server has to ask for it.
  std::optional<Secret> first();

  // The answer to a challenge: the message, or what a client says to a server that explains why it refuses a token
  // (RFC 7628, 3.2.3), which then goes on to refuse. Nothing when no challenge may come any more.
  std::optional<Secret> step();

  // Whether the message is sent and the server has said nothing against it.
  bool is_complete() const { return state_ == State::sent; }

 private:
  enum class State { unsent, sent, refused };

  OneMessage(Mechanism mechanism, Secret message) : mechanism_(mechanism), message_(std::move(message)) {}

  Mechanism mechanism_;
  Secret message_;
  State state_ = State::unsent;
};

}  // namespace msmtp
