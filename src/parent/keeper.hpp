// A session with a server that outlives the msmtp that opened it: lent to one mail after another, to processes of the
// same user that describe the same connection.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <sys/types.h>

namespace msmtp {

// Servers have limits, and say so with a refusal, which a mail on a new connection would not have met.
inline constexpr unsigned max_mails_of_session = 100;

class Keeper {
 public:
  using Borrower = Channel<FromKeeper, ToKeeper>;

  struct Holding {
    Fd requests;                // a datagram socket
    std::array<Fd, 2> session;  // netproc's channel, its log pipe
  };

  // KEEP is what OPENER, who has the session for now, wants to be kept for processes of OWNER.
  Keeper(const Keep& keep, Borrower opener, Holding holding, uid_t owner);

  // Until nobody has asked for the session for as long as it is to be kept, the network child has something to say, or
  // ends, or a borrower goes without having returned it. The session ends with our ends of it.
  void run();

 private:
  bool serve();
  bool take_back();
  bool hear_request();
  bool is_stale() const;
  bool lend(Borrower client);

  std::string description_;
  std::chrono::seconds patience_;
  std::optional<Borrower> borrower_;  // who has the session
  std::deque<Borrower> waiting_;
  Channel<FromKeeper, KeeperRequest> requests_;
  std::array<Fd, 2> session_;
  uid_t owner_;
  SessionFacts facts_;
  unsigned mails_ = 0;
  Deadline end_ = Deadline::never();
  std::int64_t idle_since_ = 0;  // on the clock of the world, which goes on while the machine sleeps
};

}  // namespace msmtp
