// msmtpd: what it needs of the system, in the order in which rights are given up; then its mode.
#include "common/lesser_user.hpp"
#include "common/sandbox.hpp"
#include "parent/client_session.hpp"
#include "parent/command_check.hpp"
#include "parent/console.hpp"
#include "parent/daemon_options.hpp"
#include "parent/daemon_texts.hpp"
#include "parent/daemon_user.hpp"
#include "parent/handed_sockets.hpp"
#include "parent/helper_directory.hpp"
#include "parent/listener.hpp"
#include "parent/standard_descriptors.hpp"

#include <algorithm>
#include <cerrno>
#include <config.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace msmtp {
namespace {

// What the listener needs beside the descriptor of each session.
constexpr rlim_t own_descriptors = 64;

std::string default_command() {
  return std::string(config::bindir) + "/msmtp -f %F --";
}

std::string helpers() {
  const InstallLayout layout{config::bindir, config::libexec_helpers, config::helpers_from_bindir};
  return helper_directory(layout, running_executable(), is_set_id());
}

Result<int> show(const Console& console, std::string_view text) {
  if (console.print(text)) return 0;
  return fail(ExitCode::io_error, "cannot write to standard output: " + error_text(errno));
}

// Mails are not lost by this: clients are told to come again.
void warn_of_command(const Console& console, const MailCommand& command) {
  if (!command.is_direct()) return;
  const char* const path = std::getenv("PATH");
  const std::string program = command.words({}, {}).front();
  const std::string reason = why_not_executable(program, path != nullptr ? path : "/bin:/usr/bin");
  if (!reason.empty()) console.complain("warning: the command " + program + " cannot be executed: " + reason);
}

void allow_descriptors(std::uint32_t max_sessions) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(max_sessions + own_descriptors, limit.rlim_max);
  if (wanted <= limit.rlim_cur) return;
  limit.rlim_cur = wanted;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

// inetd makes standard error the client's socket too, and what stands there is not SMTP.
void keep_errors_from_client(const Fd& client) {
  struct stat errors {};
  struct stat socket {};
  const bool same = fstat(STDERR_FILENO, &errors) == 0 && fstat(client.number(), &socket) == 0 &&
                    S_ISSOCK(socket.st_mode) && errors.st_dev == socket.st_dev && errors.st_ino == socket.st_ino;
  if (same) (void)dup2(STDOUT_FILENO, STDERR_FILENO);
}

Result<int> serve_one(const DaemonOptions& options, const MailCommand& command, Fd input, Fd output) {
  const DaemonUser who = TRY(find_daemon_user(options.user, options.group));
  const DaemonLog log = TRY(DaemonLog::open(options.log));
  TRY(become_daemon_user(who));
  return run_single_session({options, command, log, helpers()}, std::move(input), std::move(output));
}

Result<int> serve_standard_streams(const DaemonOptions& options, const MailCommand& command) {
  StandardStreams streams = TRY(take_standard_streams());
  keep_errors_from_client(streams.input);
  return serve_one(options, command, std::move(streams.input), std::move(streams.output));
}

Result<int> serve_connection(const DaemonOptions& options, const MailCommand& command, Fd client) {
  Fd output(fcntl(client.number(), F_DUPFD_CLOEXEC, 3));
  if (!output.is_open()) return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  return serve_one(options, command, std::move(client), std::move(output));
}

Result<ListeningSockets> open_sockets(const DaemonOptions& options, std::vector<Fd> handed, const DaemonUser& owner) {
  if (handed.empty()) return ListeningSockets::bind(options.interfaces, options.ports, owner);
  if (options.names_addresses) {
    return fail(ExitCode::usage, "the service manager has chosen the sockets: --interface and --port are not for this");
  }
  return ListeningSockets::adopt(std::move(handed));
}

Result<int> listen(const Console& console, const DaemonOptions& options, const MailCommand& command,
                   std::vector<Fd> handed) {
  const DaemonUser who = TRY(find_daemon_user(options.user, options.group));
  ListeningSockets sockets = TRY(open_sockets(options, std::move(handed), who));
  DaemonLog log = TRY(DaemonLog::open(options.log));
  (void)TRY(take_standard_streams());
  TRY(become_daemon_user(who));
  TRY(enter_stage(Stage::listener_listen));
  warn_of_command(console, command);
  allow_descriptors(options.max_sessions);

  const SessionPlan plan{options, command, log, helpers()};
  SessionHelpers session_helpers(plan.helpers, options.login, log);
  TRY(session_helpers.start());
  ReadySessions sessions(plan, session_helpers, log);
  return static_cast<int>(TRY(Listener({config::version, options, sockets, session_helpers, sessions, log}).run()));
}

Result<int> run(const Console& console, std::string_view program, const std::vector<std::string>& arguments) {
  const DaemonOptions options = TRY(parse_daemon_options(arguments, default_command()));
  if (options.mode == DaemonMode::version) {
    return show(console, daemon_version_text(config::version, config::platform, sandbox_level().text));
  }
  if (options.mode == DaemonMode::help) return show(console, daemon_help_text(program, default_command()));
  const MailCommand command = TRY(MailCommand::parse(options.command));
  HandedSockets handed = TRY(take_handed_sockets());
  if (options.mode == DaemonMode::inetd) return serve_standard_streams(options, command);
  if (handed.connected) return serve_connection(options, command, std::move(*handed.connected));
  return listen(console, options, command, std::move(handed.listening));
}

int report(int argc, char** argv) {
  const std::string program = argc > 0 ? argv[0] : "msmtpd";
  const Console console(program);
  const auto outcome =
      run(console, program, argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>());
  if (outcome) return *outcome;
  console.complain(outcome.error().text);
  return static_cast<int>(outcome.error().code);
}

}  // namespace
}  // namespace msmtp

int main(int argc, char** argv) {
  msmtp::begin_program();
  return msmtp::report(argc, argv);
}
