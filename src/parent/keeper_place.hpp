// Where keepers of connections are found: sockets in a directory of the caller that nobody else can reach.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

#include <string>

namespace msmtp {

// How many connections of one description are kept.
inline constexpr unsigned keeper_slots = 8;

// The directory, which is made when it is not there: "msmtp" in $XDG_RUNTIME_DIR, or else in $RUNTIME_DIRECTORY of
// systemd. It and the one that it is in belong to the caller, and nobody else can change either, or see what is in the
// first. The error, which nobody is meant to end with, says why there is none.
Result<std::string> keeper_directory();

// Which network this process is in, of those that one machine may have; empty where there are none.
std::string network_of_process();

// A place in a directory of keepers. NAME is that of a description.
class KeeperSlot {
 public:
  KeeperSlot(const std::string& directory, const std::string& name, unsigned number);

  // A socket whose datagrams go to the keeper of this slot; closed when there is none.
  Fd reach() const;

  // What the keeper of a slot holds.
  struct Holding {
    Fd requests;  // where the datagrams come
    Fd lock;
  };
  // Both closed when somebody has the slot, or it cannot be had.
  Holding take() const;

 private:
  std::string path_;
};

}  // namespace msmtp
