// Whose turn it is, for a process that answers one peer while another may end.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

namespace msmtp {

// Waits until WANTED has something to say. Cause::peer_gone when OTHER is closed, or speaks although it is
// not its turn.
Result<void> wait_for_turn(const Fd& wanted, const Fd& other);

}  // namespace msmtp
