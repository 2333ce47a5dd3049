// msmtpd's sessions, as the listener has them: a few that are ready for a client, and those that have one.
//
// A session that is ready costs its client nothing but a message. When the client has left in order, the session rests,
// until it is made ready for another one with a new server.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "parent/client_session.hpp"
#include "parent/pacing.hpp"
#include "parent/session_helpers.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <poll.h>
#include <span>
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

  // What those with a client say: the first fills the list for poll(2), of which the second wants the same part back.
  void watch(std::vector<pollfd>& polled) const;
  void hear(std::span<const pollfd> polled);
  void hear_all();

  // Whether more should be ready, and one more can be tried now. As long as some are, that waits for a quiet moment.
  bool wants_more(Time now) const;
  void make_one(Time now);
  // Lets those go that were of use only while many clients came.
  void thin_out(Time now);
  // When there will be something to do for one of the two although nothing happens.
  std::optional<Time> next_attempt() const;

  // Those without a client leave, and the others when they have served it: what they have of the listener is old.
  void retire_ready();
  // Those with a client too, when they have finished what they are at.
  void retire_all();
  // Whether PID, which has ended, was one of them.
  bool reap(pid_t pid, int status, Time now);
  bool have_ended() const { return ready_.empty() && resting_.empty() && busy_.empty() && leaving_.empty(); }

 private:
  struct Session {
    pid_t pid;
    Channel<ToSession, FromSession> channel;
    unsigned log_age;  // log_age_ when it was made
  };

  std::size_t wanted() const;
  std::size_t usable() const;
  void leave_old_ones();
  void leave(std::deque<Session>& sessions);
  void hear_busy(pid_t pid);
  Result<Session> rested_or_new();
  Result<Session> fork_one();
  Result<void> give_server(Session& session);
  [[noreturn]] void become_session(Fd listener);

  const SessionPlan& plan_;
  SessionHelpers& helpers_;
  const DaemonLog& log_;
  std::deque<Session> ready_;
  std::deque<Session> resting_;  // without a server
  std::vector<Session> busy_;
  std::vector<pid_t> leaving_;  // that had no client, and are not wanted any more
  std::size_t most_ready_;
  Backoff backoff_;
  unsigned generation_ = 0;  // of the helpers that made those that are ready
  unsigned log_age_ = 0;     // how often the log was opened anew
  Time last_client_{};
};

}  // namespace msmtp
