// One session of msmtpd, in a process of its own: what the client sends becomes mails for the command.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "parent/daemon_log.hpp"
#include "parent/daemon_options.hpp"
#include "parent/mail_command.hpp"

#include <optional>
#include <string>

namespace msmtp {

using ListenerEnd = Channel<FromSession, ToSession>;
using CheckEnd = Channel<ToSession, FromCheck>;  // the session says nothing to the check

// What a session needs beside its channels; the same for all of them.
struct SessionPlan {
  const DaemonOptions& options;
  const MailCommand& command;
  const DaemonLog& log;
  std::string helpers;  // the directory, for the resolver
};

// A session that a listener made ready. Waits for a client, and serves it until it leaves; then for the next one, as
// long as all of them have left in order, and not for ever. LISTENER: the channel to it.
// Returns the exit status of the process: 0 also when no client ever came.
int run_ready_session(const SessionPlan& plan, Fd listener);

// The session of a client that is connected already: its descriptors, which may be copies of one socket, and are
// nobody's but the server's afterwards. Starts what it needs. Returns the exit status of msmtpd: 0 when the client
// left.
int run_single_session(const SessionPlan& plan, Fd client_input, Fd client_output);

}  // namespace msmtp
