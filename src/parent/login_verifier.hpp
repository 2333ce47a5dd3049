// msmtp-verifier as msmtpd sees it: started once, it gets the password that clients have to know, and makes a copy of
// itself for each session.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "parent/crew.hpp"
#include "parent/daemon_options.hpp"

#include <string>

namespace msmtp {

class LoginVerifier {
 public:
  using Orders = Channel<ToForker, FromForker>;

  // Starts it from the directory HELPERS and waits until it is sealed: until the password was found, by a command, in
  // the key ring, or by a prompt. What it logs meanwhile goes to SINK. ALWAYS_DELAY: see Verify. EX_CONFIG when no
  // password was found; otherwise what the verifier says, or how it ended.
  static Result<LoginVerifier> start(const std::string& helpers, const LoginOptions& login, bool always_delay,
                                     const Crew::LogSink& sink);

  // A copy of it for one session, with the ends of two channels: the server's, over which the client logs in, and the
  // session's, which hears that it has. Does not wait: false when the verifier has to catch up first.
  Result<bool> hand_out(Fd login_end, Fd session_end);

  // The process with its log pipe, and the channel over which it says Crashed.
  CrewMember& member() { return member_; }
  Orders& orders() { return orders_; }

 private:
  LoginVerifier(CrewMember member, Fd channel);

  CrewMember member_;
  Orders orders_;
};

}  // namespace msmtp
