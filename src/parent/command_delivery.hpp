// Starting the command that takes a mail.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "parent/mail_delivery.hpp"

#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace msmtp {

class CommandStarter {
 public:
  // For a session's process, once its signals are set and its descriptors 0 to 2 are open.
  static Result<CommandStarter> prepare();

  // Starts WORDS[0], which is looked for as execvp(3) does, with WORDS as its arguments and our environment: with a
  // pipe as its standard input and one as its standard error, /dev/null as its standard output and no other descriptor,
  // with default signal actions and none blocked, as the leader of a process group of its own, and so that it does not
  // outlive us (on Linux). EX_OSERR with the program and the reason when it cannot be executed.
  Result<DeliveryEnds> start(const std::vector<std::string>& words);

 private:
  CommandStarter(Fd nothing, sigset_t ignored) : nothing_(std::move(nothing)), ignored_(ignored) {}

  Fd nothing_;        // /dev/null
  sigset_t ignored_;  // the signals that we ignore, and that exec would leave so
  std::unique_ptr<char[]> stack_;
  std::size_t stack_size_ = 0;
};

}  // namespace msmtp
