// One session's logins, in a copy of the verifier: what the server hands on of its client, and the word on it.
#pragma once

#include "authproc/sasl_server.hpp"
#include "authproc/verifier_credentials.hpp"
#include "authproc/verifier_memory.hpp"
#include "common/channel.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

namespace msmtp {

using CheckToServer = Channel<LoginToClient, LoginFromClient>;
using CheckToSession = Channel<FromCheck, ToSession>;  // the session says nothing

struct CheckPlan {
  const SaslLibrary& library;
  const Credentials& credentials;
  const FailedLogins& failed_logins;
  bool always_delay = false;
};

// Until a login is accepted, of which the session hears before the server does, max_failed_logins have failed, or the
// server is gone. After a login
// that failed, here or in another session within the last minute, each verdict takes a second. The error is a server
// that says what is not legal.
Result<void> check_logins(const CheckPlan& plan, CheckToServer& server, CheckToSession& session);

}  // namespace msmtp
