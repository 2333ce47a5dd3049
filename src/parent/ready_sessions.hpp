// msmtpd's sessions, as the listener has them: a few that are ready for a client, and those that have one.
//
// A session that is ready costs its client nothing but a message. Each serves one client, and then ends.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "parent/client_session.hpp"
#include "parent/pacing.hpp"
#include "parent/session_helpers.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace msmtp {

class ReadySessions {
 public:
  using Time = SessionHelpers::Time;

  // All of them must outlive this, in the sessions too.
  ReadySessions(const SessionPlan& plan, SessionHelpers& helpers, const DaemonLog& log);

  // Hands CLIENT to a session, which is made now when none is ready. False when none can be made.
  bool serve(const NewClient& message, const Fd& client, Time now);
  // Those with a client.
  std::size_t active() const { return busy_.size(); }

  // Whether more should be ready, and one more can be tried now.
  bool wants_more(Time now) const;
  void make_one(Time now);
  // When wants_more() will be true although nothing happens.
  std::optional<Time> next_attempt() const;

  // Those that are ready leave: what they have of the listener is old.
  void retire_ready();
  // Those with a client too, when they have finished what they are at.
  void retire_all();
  // Whether PID, which has ended, was one of them.
  bool reap(pid_t pid, int status, Time now);
  bool have_ended() const { return ready_.empty() && busy_.empty() && leaving_.empty(); }

 private:
  struct Session {
    pid_t pid;
    Channel<ToSession, FromForker> channel;
  };
  struct SessionEnds {
    Fd listener;
    Fd server;
    std::optional<Fd> check;
  };

  std::size_t wanted() const;
  void leave_old_ones();
  Result<Session> make();
  [[noreturn]] void become_session(SessionEnds ends);

  const SessionPlan& plan_;
  SessionHelpers& helpers_;
  const DaemonLog& log_;
  std::deque<Session> ready_;
  std::vector<Session> busy_;
  std::vector<pid_t> leaving_;  // that were ready, and are not wanted any more
  std::size_t most_ready_;
  Backoff backoff_;
  unsigned generation_ = 0;  // of the helpers that made those that are ready
};

}  // namespace msmtp
