// A process that makes copies of itself for sessions.
#include "parent/forker_process.hpp"

#include "common/child.hpp"
#include "common/lesser_user.hpp"

#include <cerrno>
#include <fcntl.h>
#include <utility>
#include <variant>

namespace msmtp {

namespace {

Deadline at_once() {
  return Deadline::in(std::chrono::milliseconds(0));
}

Result<Acquire> question(const LoginOptions& login) {
  Acquire acquire;
  const auto user = decltype(acquire.user)::from(login.user);
  const auto command = decltype(acquire.command)::from(login.password_command);
  if (!user || !command) return fail(ExitCode::usage, "the argument of --auth is too long");
  acquire.user = *user;
  acquire.host = *Line<max_host>::from("localhost");
  acquire.source = login.password_command.empty() ? PasswordSource::search : PasswordSource::evaluate;
  acquire.command = *command;
  return acquire;
}

// Warnings are counted; the rest is for --debug, which there is not, and could fill the log.
void pass_on(CrewMember& member, const DaemonLog& log) {
  member.drain_log([&](const LogRecord& record) {
    if (record.kind == LogKind::warning) log.error(member.program + ": " + record.text);
  });
}

}  // namespace

ForkerProcess::ForkerProcess(CrewMember member, Fd orders)
    : member_(std::move(member)), orders_(std::move(orders), member_.program) {}

Result<ForkerProcess> ForkerProcess::start_server(const std::string& directory) {
  const auto environment = TRY(environment_with_lesser_user());
  StartedMember started = TRY(start_member(directory, server_forker_program, {}, environment));
  return ForkerProcess(std::move(started.member), std::move(started.channel));
}

Result<void> ForkerProcess::order(std::span<const Fd> ends) {
  if (TRY(orders_.try_send(NewProcess(), ends))) return {};
  return Unexpected{orders_.socket().silent()};
}

ForkerProcess::News ForkerProcess::hear(const DaemonLog& log) {
  pass_on(member_, log);
  if (!orders_.fd().is_open()) return News::none;
  const auto message = orders_.expect<Crashed, Failed>(at_once());
  if (!message) {
    const Cause cause = message.error().cause;
    if (cause == Cause::peer_silent) return News::none;
    if (cause != Cause::peer_gone) log.error(message.error().text);
    return News::lost;
  }
  if (const auto* crashed = std::get_if<Crashed>(&*message)) {
    log.error("a copy of " + program() + " was killed by signal " + std::to_string(crashed->signal));
    return News::crashed;
  }
  log.error(error_of(std::get<Failed>(*message)).text);
  return News::lost;
}

StartingVerifier::StartingVerifier(StartedMember started, bool always_delay)
    : member_(std::move(started.member)),
      channel_(std::move(started.channel), verifier_program),
      always_delay_(always_delay) {}

Result<StartingVerifier> StartingVerifier::start(const std::string& directory, const LoginOptions& login,
                                                 bool always_delay) {
  const Acquire acquire = TRY(question(login));
  StartingVerifier starting(TRY(start_member(directory, verifier_program, {}, own_environment())), always_delay);
  TRY(starting.channel_.send(acquire));
  return starting;
}

// Its answer to Acquire, after which it is told to go on; false when there is none yet.
Result<bool> StartingVerifier::hear_acquired(const Deadline& deadline) {
  const auto answer = channel_.expect<Acquired, Failed>(deadline);
  if (!answer && answer.error().cause == Cause::peer_silent) return false;
  if (!answer) return fail(answer.error());
  if (const auto* failure = std::get_if<Failed>(&*answer)) return fail(error_of(*failure));
  if (!std::get<Acquired>(*answer).found) return fail(ExitCode::config, "there is no password for --auth");
  Verify verify;
  verify.always_delay = always_delay_;
  TRY(channel_.send(verify));
  return true;
}

Result<bool> StartingVerifier::hear_sealed(const Deadline& deadline) {
  const auto answer = channel_.expect<Sealed, Failed>(deadline);
  if (!answer && answer.error().cause == Cause::peer_silent) return false;
  if (!answer) return fail(answer.error());
  if (const auto* failure = std::get_if<Failed>(&*answer)) return fail(error_of(*failure));
  return true;
}

Result<std::optional<ForkerProcess>> StartingVerifier::advance(const Deadline& deadline, const DaemonLog& log) {
  pass_on(member_, log);
  if (!acquired_) acquired_ = TRY(hear_acquired(deadline));
  if (!acquired_ || !TRY(hear_sealed(deadline))) return std::optional<ForkerProcess>();
  // Other messages are legal from now on: another channel over the same socket.
  Fd orders(fcntl(number(), F_DUPFD_CLOEXEC, 3));
  if (!orders.is_open()) return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  return std::optional(ForkerProcess(std::move(member_), std::move(orders)));
}

}  // namespace msmtp
