// -bs.
//
// This process can start helpers and commands, for each of its children has to, and a sandbox is inherited. So it reads
// nothing that a stranger wrote: the client's bytes are for a process that can do nothing else, and the mail goes
// through a pipe into a child that gives up its rights before it looks at it, as ever.
#include "parent/session_mode.hpp"

#include "common/sandbox.hpp"
#include "parent/crew.hpp"
#include "parent/report.hpp"
#include "parent/smtp_session.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

Serve session_settings() {
  Serve settings;
  settings.name = *Line<max_host>::from("localhost");
  settings.program = *Line<64>::from("msmtp");
  settings.lf_lines = true;  // people and scripts write such
  settings.max_recipients = 10'000;
  settings.idle_seconds = 3600;  // programs that send a mail now and then keep the session open
  return settings;
}

struct DeliveryPipes {
  Pipe input;
  Pipe errors;
  SocketPair life;
};

Result<DeliveryPipes> make_delivery_pipes() {
  DeliveryPipes pipes{TRY(make_pipe()), TRY(make_pipe()), TRY(make_seqpacket_pair())};
  TRY(set_nonblocking(pipes.input.write_end));
  TRY(set_nonblocking(pipes.errors.read_end));
  return pipes;
}

class SessionMode final : public MailService {
 public:
  SessionMode(Options& options, const Places& places, const Console& console)
      : options_(options),
        places_(places),
        console_(console),
        crew_([&console](const LogRecord& record) { report_record(console, record, false); }) {}

  ExitCode run();
  Result<DeliveryEnds> start(const SessionMail& mail) override;

 private:
  Result<void> start_server();
  [[noreturn]] void deliver(const SessionMail& mail, DeliveryPipes pipes);
  void put_over(const SessionMail& mail, int confirmation);

  Options& options_;
  const Places& places_;
  const Console& console_;
  Crew crew_;
};

ExitCode SessionMode::run() {
  // A caller may have it ignored, and then nobody's exit code can be learned.
  std::signal(SIGCHLD, SIG_DFL);
  Result<void> led = start_server();
  if (led) {
    led = SmtpSession(crew_, *this, session_settings()).run();
  } else {
    (void)console_.print("421 4.3.0 the SMTP server cannot be started\r\n");
  }
  if (led) return ExitCode::ok;
  const Error error = crew_.explain(std::move(led).error());
  report_error(console_, error);
  return error.code;
}

// Afterwards nobody but the server has the client's descriptors: when it ends, the client sees that.
Result<void> SessionMode::start_server() {
  TRY(enter_stage(Stage::parent_session));
  Fd input(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3));
  Fd output(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!input.is_open() || !output.is_open() || !nothing.is_open()) {
    return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  }
  TRY(CrewStarter(places_.helpers, crew_).start_server(std::move(input), std::move(output)));
  (void)dup2(nothing.number(), STDIN_FILENO);
  (void)dup2(nothing.number(), STDOUT_FILENO);
  return {};
}

Result<DeliveryEnds> SessionMode::start(const SessionMail& mail) {
  DeliveryPipes pipes = TRY(make_delivery_pipes());
  const pid_t pid = fork();
  if (pid < 0) return fail(ExitCode::os_error, "cannot start a process: " + error_text(errno));
  if (pid == 0) deliver(mail, std::move(pipes));
  return DeliveryEnds{
      Child(pid), std::move(pipes.input.write_end), std::move(pipes.errors.read_end), std::move(pipes.life.left), {}};
}

// The child. It keeps nothing of the session but its ends of the pipes, for otherwise it would never see their end.
void SessionMode::deliver(const SessionMail& mail, DeliveryPipes pipes) {
  harden_process(true);
  crew_.leave_to_parent();
  pipes.input.write_end.close();
  pipes.errors.read_end.close();
  pipes.life.left.close();
  const bool ready = dup2(pipes.input.read_end.number(), STDIN_FILENO) >= 0 &&
                     dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 &&  // where --debug and "logfile -" write
                     dup2(pipes.errors.write_end.number(), STDERR_FILENO) >= 0;
  pipes.input.read_end.close();
  pipes.errors.write_end.close();
  if (!ready) _exit(static_cast<int>(ExitCode::os_error));
  put_over(mail, pipes.life.right.number());
  _exit(static_cast<int>(send_mail(options_, places_, console_)));
}

// The options of the session, and over them what the client said.
void SessionMode::put_over(const SessionMail& mail, int confirmation) {
  options_.mode = Mode::sendmail;
  options_.read_recipients = false;
  options_.recipients.clear();
  options_.envelope_recipients = mail.recipients;
  options_.mail_confirmation = confirmation;
  if (options_.read_envelope_from) return;
  options_.overrides.from = mail.sender.reverse_path.str();
  options_.overrides.given.add(Setting::from);
}

}  // namespace

ExitCode serve_smtp_session(Options& options, const Places& places, const Console& console) {
  return SessionMode(options, places, console).run();
}

}  // namespace msmtp
