// The processes beside msmtpd that make a part of each session: msmtp-smtpd-forker, and with --auth msmtp-verifier.
#pragma once

#include "parent/daemon_log.hpp"
#include "parent/daemon_options.hpp"
#include "parent/forker_process.hpp"
#include "parent/pacing.hpp"

#include <optional>
#include <poll.h>
#include <string>
#include <sys/types.h>
#include <vector>

namespace msmtp {

// What the copies of one session are given.
struct CopyEnds {
  Fd server;                 // the server's end of the channel to the session
  std::optional<Fd> login;   // with --auth: the server's end of the one to the check
  std::optional<Fd> check;   // the check's end of it
  std::optional<Fd> answer;  // the check's end of the channel to the session
};

class SessionHelpers {
 public:
  using Time = Deadline::Clock::time_point;

  // All of them must outlive this.
  SessionHelpers(std::string directory, const std::optional<LoginOptions>& login, const DaemonLog& log)
      : directory_(std::move(directory)), login_(login), log_(log) {}

  // At the beginning: returns when the verifier has its password.
  Result<void> start();

  // Whether a session can be made now.
  bool is_complete() const { return server_.has_value() && (verifier_.has_value() || !login_); }
  Result<void> order(CopyEnds ends);
  // Another number whenever a process was replaced: sessions that were made before should not be used any more.
  unsigned generation() const { return generation_; }

  // What hear() wants to be called for.
  void watch(std::vector<pollfd>& polled) const;
  // Hears all of them, and starts those that are missing when it is time for that.
  void hear(Time now);
  // When hear() should be called although nothing happened.
  std::optional<Time> next_start() const;
  // Whether PID, which has ended, was one of them.
  bool reap(pid_t pid, int status);

  // No more copies. They end when the last one has ended.
  void finish();
  bool have_ended() const { return !server_ && !verifier_ && !starting_ && old_.empty(); }

 private:
  struct Attempts {
    Backoff backoff;
    RateLimit replacements{10};
    bool wanted = false;  // another one has to be started
  };

  void hear(std::optional<ForkerProcess>& process, Attempts& attempts, Time now);
  void replace(std::optional<ForkerProcess>& process, Attempts& attempts, Time now);
  void lose(std::optional<ForkerProcess>& process, Attempts& attempts, Time now);
  void retire(std::optional<ForkerProcess>& process);
  void start_server(Time now);
  void start_verifier(Time now);
  void advance_verifier(Time now);
  void complain(Attempts& attempts, Time now, const Error& error);

  std::string directory_;
  const std::optional<LoginOptions>& login_;
  const DaemonLog& log_;
  std::optional<ForkerProcess> server_;
  std::optional<ForkerProcess> verifier_;
  std::optional<StartingVerifier> starting_;
  std::vector<ForkerProcess> old_;  // which still have copies
  Attempts server_attempts_;
  Attempts verifier_attempts_;
  unsigned generation_ = 0;
};

}  // namespace msmtp
