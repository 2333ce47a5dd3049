// A process that makes copies of itself for sessions, as the listener has it.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "parent/crew.hpp"
#include "parent/daemon_log.hpp"
#include "parent/daemon_options.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace msmtp {

class ForkerProcess {
 public:
  enum class News : std::uint8_t { none, crashed, lost };  // crashed: a copy; lost: the process itself

  ForkerProcess(CrewMember member, Fd orders);
  // msmtp-smtpd-forker in DIRECTORY. EX_OSERR.
  static Result<ForkerProcess> start_server(const std::string& directory);

  // One copy, which gets ENDS. Never waits: a process that does not keep up is an error.
  Result<void> order(std::span<const Fd> ends);
  // One thing that it has said, if any; LOG gets what people should know.
  News hear(const DaemonLog& log);
  // No more copies: it ends with the last of them.
  void retire() { orders_.close(); }

  const std::string& program() const { return member_.program; }
  pid_t pid() const { return member_.process.pid(); }
  int orders_number() const { return orders_.fd().number(); }
  int log_number() const { return member_.log.number(); }
  Deadline::Clock::time_point started() const { return started_; }

 private:
  CrewMember member_;
  Channel<ToForker, FromForker> orders_;
  Deadline::Clock::time_point started_ = Deadline::Clock::now();
};

// msmtp-verifier until it has the password and is sealed; then it is a ForkerProcess.
class StartingVerifier {
 public:
  // Starts it, with the user's environment, and asks it for the password. ALWAYS_DELAY as in Verify. EX_USAGE when
  // LOGIN is too long for a message.
  static Result<StartingVerifier> start(const std::string& directory, const LoginOptions& login, bool always_delay);

  // Goes on until DEADLINE; nothing when it takes longer, and it may be called again. EX_CONFIG when there is no
  // password.
  Result<std::optional<ForkerProcess>> advance(const Deadline& deadline, const DaemonLog& log);
  int number() const { return channel_.fd().number(); }

 private:
  StartingVerifier(StartedMember started, bool always_delay);
  Result<bool> hear_acquired(const Deadline& deadline);
  Result<bool> hear_sealed(const Deadline& deadline);

  CrewMember member_;
  Channel<ToVerifier, FromVerifier> channel_;
  bool always_delay_;
  bool acquired_ = false;
};

}  // namespace msmtp
