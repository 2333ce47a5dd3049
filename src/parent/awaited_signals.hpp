// Signals as something to poll(2) for, in a process that has to do with descriptors otherwise.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

#include <initializer_list>
#include <optional>

namespace msmtp {

class AwaitedSignals {
 public:
  // From now on SIGNALS interrupt nothing: they wait to be taken. A child that is forked inherits that they are
  // blocked. EX_OSERR.
  static Result<AwaitedSignals> of(std::initializer_list<int> signals);

  // Readable when there is one.
  int number() const { return fd_.number(); }
  // The next one that has come; nothing when there is none.
  std::optional<int> take() const;

 private:
  explicit AwaitedSignals(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace msmtp
