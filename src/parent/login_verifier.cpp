// msmtp-verifier as msmtpd sees it.
#include "parent/login_verifier.hpp"

#include "common/child.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

using Questions = Channel<ToVerifier, FromVerifier>;

constexpr std::chrono::seconds patience(30);

// The host is what the key ring and the prompt call this service. There is no netrc of a server.
Result<Acquire> question_about(const LoginOptions& login) {
  const auto user = Text<4096>::from(login.user);
  const auto command = Text<48 * 1024>::from(login.password_command);
  if (!user || !command) return fail(ExitCode::usage, "the argument of --auth is too long");
  Acquire question;
  question.user = *user;
  question.host = *Line<max_host>::from("localhost");
  question.source = login.password_command.empty() ? PasswordSource::search : PasswordSource::evaluate;
  question.command = *command;
  return question;
}

void pass_on_logs(CrewMember& member, const Crew::LogSink& sink) {
  char bytes[4096];
  for (;;) {
    const ssize_t size = member.log.is_open() ? read(member.log.number(), bytes, sizeof bytes) : -1;
    if (size < 0) return;
    if (size == 0) return member.log.close();
    for (const LogRecord& record : member.log_reader.feed({bytes, static_cast<std::size_t>(size)})) sink(record);
  }
}

// What is logged before MESSAGE comes before it. A prompt may take as long as somebody types.
template <class Message>
Result<Message> hear(CrewMember& member, Questions& questions, const Crew::LogSink& sink) {
  for (bool ready = false; !ready;) {
    pollfd fds[] = {{questions.fd().number(), POLLIN, 0}, {member.log.number(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) return fail(ExitCode::os_error, "poll: " + error_text(errno));
    pass_on_logs(member, sink);
    ready = fds[0].revents != 0;
  }
  const auto message = TRY((questions.expect<Message, Failed>(Deadline::never())));
  if (const auto* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
  return std::get<Message>(message);
}

Result<void> prepare(CrewMember& member, Questions& questions, const LoginOptions& login, bool always_delay,
                     const Crew::LogSink& sink) {
  const Acquire question = TRY(question_about(login));
  TRY(questions.send(question, Deadline::in(patience)));
  if (!TRY(hear<Acquired>(member, questions, sink)).found) {
    return fail(ExitCode::config, "no password was found for --auth=" + login.user);
  }
  TRY(questions.send(Verify{always_delay}, Deadline::in(patience)));
  TRY(hear<Sealed>(member, questions, sink));
  return {};
}

Error explain(CrewMember& member, Error error) {
  if (error.cause != Cause::peer_gone) return error;
  if (const auto status = member.process.wait(Deadline::in(std::chrono::seconds(1)))) {
    error.text = member.program + " " + describe_wait_status(*status);
  }
  return error;
}

}  // namespace

LoginVerifier::LoginVerifier(CrewMember member, Fd channel)
    : member_(std::move(member)), orders_(std::move(channel), verifier_program) {}

Result<LoginVerifier> LoginVerifier::start(const std::string& helpers, const LoginOptions& login, bool always_delay,
                                           const Crew::LogSink& sink) {
  StartedMember started = TRY(start_member(helpers, verifier_program, {}, own_environment()));
  Fd orders(fcntl(started.channel.number(), F_DUPFD_CLOEXEC, 3));
  if (!orders.is_open()) return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  Questions questions(std::move(started.channel), verifier_program);
  const auto prepared = prepare(started.member, questions, login, always_delay, sink);
  if (!prepared) return Unexpected{explain(started.member, prepared.error())};
  return LoginVerifier(std::move(started.member), std::move(orders));
}

Result<bool> LoginVerifier::hand_out(Fd login_end, Fd session_end) {
  const std::array<Fd, 2> ends{std::move(login_end), std::move(session_end)};
  return orders_.try_send(NewProcess{}, ends);
}

}  // namespace msmtp
