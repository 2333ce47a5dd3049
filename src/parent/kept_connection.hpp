// A mail's way to a session that is there already, and to a keeper for one that it has opened itself
// (keep_connection).
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "parent/account.hpp"
#include "parent/crew.hpp"
#include "parent/keeper_place.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace msmtp {

// Whether the mail on descriptor NUMBER is there already, or comes as fast as it is read: a file, a pipe whose writer
// has finished or waits for its reader. Waits up to a tenth of a second for that. A session that is lent to a mail that
// is still being written would be kept from others, and might have ended when it is.
bool mail_is_at_hand(int number);

class KeptConnection {
 public:
  // DESCRIPTION is that of the connection; HELPERS the directory of the programs.
  KeptConnection(std::string description, std::string helpers)
      : description_(std::move(description)), helpers_(std::move(helpers)) {}

  // For the unconfined stage, in this order. Looks for keepers, and gives CREW the network child of one that lends;
  // these are the facts of its session. Otherwise takes a place for a keeper, if there is one.
  std::optional<SessionFacts> borrow(Crew& crew, std::string_view netproc);
  bool has_place() const { return place_.lock.is_open(); }
  // Starts a keeper for the session that CREW's network child will open.
  Result<void> start_keeper(Crew& crew, std::uint32_t seconds);

  // Whether a keeper waits for the session.
  bool has_keeper() const { return keeper_.has_value(); }
  // A mail was delivered and the network child waits for another: the session is the keeper's again.
  void give_back(const SessionFacts& facts);

  // What was found, in a line for --debug.
  const std::string& note() const { return note_; }

 private:
  using Keeper = Channel<ToKeeper, FromKeeper>;
  enum class Answer : std::uint8_t { lent, not_lent, nobody };

  Answer ask(const KeeperSlot& slot, bool may_wait);
  std::optional<SessionFacts> ask_all(const std::string& directory);
  KeeperSlot slot(const std::string& directory, unsigned number) const;

  std::string description_;
  std::string helpers_;
  std::string note_;
  KeeperSlot::Holding place_;
  std::optional<Keeper> keeper_;
  std::array<Fd, 2> session_;
  SessionFacts facts_;
};

}  // namespace msmtp
