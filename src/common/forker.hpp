// A process that makes copies of itself, each for one session, with descriptors that come with the order (NewProcess).
// It hears nobody but who gives the orders. A copy costs a fifth of what starting an executable does.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace msmtp {

using ForkerOrders = Channel<FromForker, ToForker>;

class Forker {
 public:
  // In the copy, which has no children, default actions for the signals that prepare() does not name, and nothing but
  // what its process held before run(), and the descriptors of its order, in the order in which they came. It has
  // neither the orders nor the log: its standard error goes where its standard input comes from. Its result is the
  // copy's exit status.
  using Copy = std::function<int(std::vector<Fd>)>;

  // Before the stage in which it forks is entered. With each order come DESCRIPTORS, 1 to max_handed, of which the last
  // OPTIONAL may be missing. From here on SIGTERM, SIGINT, SIGHUP and SIGPIPE are ignored, in the copies too: their end
  // is for the other ends of their channels to bring.
  static Result<Forker> prepare(ForkerOrders& orders, std::size_t descriptors, Copy copy, std::size_t optional = 0);

  // Whenever BELL (borrowed) can be read, RUNG is called, in this process and never in a copy.
  void listen_to(const Fd& bell, std::function<void()> rung);

  // Until the orders end and after that every copy. Whose copy cannot be made sees the end of its channels. The error
  // is an order that is none. In a copy it does not return.
  Result<void> run();

 private:
  Forker(ForkerOrders& orders, std::size_t descriptors, Copy copy, std::size_t optional);

  void make_copy(std::vector<Fd> descriptors);
  void reap_those_that_ended();
  void tell_how_it_ended(int status);

  ForkerOrders& orders_;
  std::size_t descriptors_;
  std::size_t optional_;
  Copy copy_;
  int bell_ = -1;
  std::function<void()> rung_;
};

}  // namespace msmtp
