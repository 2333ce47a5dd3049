// A process that makes copies of itself, each for one session, with descriptors that come with the order (NewProcess).
// It hears nobody but who gives the orders. A copy costs a fifth of what starting an executable does.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace msmtp {

using ForkerOrders = Channel<FromForker, ToForker>;

class Forker {
 public:
  // In the copy, which has no children and nothing but descriptors 0 to 2 and those of its order, in the order in which
  // they came. Its result is the copy's exit status.
  using Copy = std::function<int(std::vector<Fd>)>;

  // Before the stage in which it forks is entered: opens what tells it that a copy has ended. DESCRIPTORS come with
  // each order, 1 to max_handed.
  static Result<Forker> prepare(ForkerOrders& orders, std::size_t descriptors, Copy copy);

  // Until the orders end and every copy has ended; then 0, as the process's exit status. In a copy it does not return.
  Result<void> run();

 private:
  Forker(ForkerOrders& orders, std::size_t descriptors, Copy copy, Fd children);

  ForkerOrders& orders_;
  std::size_t descriptors_;
  Copy copy_;
  Fd children_;  // readable when a copy has ended
};

}  // namespace msmtp
