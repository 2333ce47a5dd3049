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

using ListenerEnd = Channel<FromForker, ToSession>;  // the session says nothing to the listener
using CheckEnd = Channel<ToSession, FromCheck>;      // nor to the check

// What a session needs beside its channels; the same for all of them.
struct SessionPlan {
  const DaemonOptions& options;
  const MailCommand& command;
  const DaemonLog& log;
  std::string helpers;  // the directory, for the resolver
};

// A session that a listener made ready. Waits for its client, and serves it until it leaves. SERVER: the channel to the
// process that will read the client. CHECK: only where clients have to log in.
// Returns the exit status of the process: 0 also when no client ever came.
int run_ready_session(const SessionPlan& plan, Fd listener, Fd server, std::optional<Fd> check);

// The session of a client that is connected already: its descriptors, which may be copies of one socket, and are
// nobody's but the server's afterwards. Starts what it needs. Returns the exit status of msmtpd: 0 when the client
// left.
int run_single_session(const SessionPlan& plan, Fd client_input, Fd client_output);

}  // namespace msmtp
