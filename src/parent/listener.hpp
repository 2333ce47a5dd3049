// msmtpd while it listens: connections in, sessions out. It reads nothing that a client says.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "parent/awaited_signals.hpp"
#include "parent/daemon_log.hpp"
#include "parent/daemon_options.hpp"
#include "parent/listening_sockets.hpp"
#include "parent/ready_sessions.hpp"
#include "parent/session_helpers.hpp"

#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace msmtp {

// What is there when the listener begins; all of it outlives the listener.
struct ListenerParts {
  std::string_view version;
  const DaemonOptions& options;
  ListeningSockets& sockets;
  SessionHelpers& helpers;
  ReadySessions& sessions;
  DaemonLog& log;
};

class Listener {
 public:
  explicit Listener(const ListenerParts& parts) : parts_(parts) {}

  // Serves until SIGTERM or SIGINT, and then until the mails are finished that have begun; EX_TEMPFAIL when a second
  // signal cuts that short. SIGHUP opens the log again. EX_OSERR when it cannot begin.
  Result<ExitCode> run();

 private:
  using Time = SessionHelpers::Time;

  Result<void> prepare();
  void wait(Time now);
  int milliseconds_to_wait(Time now) const;
  void hear_signals(Time now);
  void hear_helpers(Time now);
  void hear_sessions();
  void reap(Time now);
  void stop();

  bool take_clients(Time now);
  bool take_clients(const ListeningSocket& socket, Time now);
  bool cannot_accept(const ListeningSocket& socket, int reason, Time now);
  void welcome(const Fd& client, Time now);
  bool is_welcome(const Fd& client, const NewClient& message, Time now);
  std::string counts() const;

  ListenerParts parts_;
  std::optional<AwaitedSignals> signals_;
  Fd reserve_;                     // a descriptor to give up when there are no more, so that a client can be told
  std::vector<pollfd> polled_;     // signals, helpers, sessions, sockets
  std::size_t first_session_ = 0;  // in polled_
  std::size_t first_socket_ = 0;
  Backoff pause_;  // while nobody can be accepted
  RateLimit complaints_{1};
  int signals_to_stop_ = 0;
};

}  // namespace msmtp
