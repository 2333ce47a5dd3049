// One session of msmtpd.
//
// On Linux this process is not confined, because the command would inherit it and may need what a sandbox forbids. So
// it reads nothing that a stranger wrote: the client's bytes are for the server, and those of a mail go to a pipe.
#include "parent/client_session.hpp"

#include "common/address.hpp"
#include "common/child.hpp"
#include "parent/awaited_signals.hpp"
#include "parent/client_names.hpp"
#include "parent/client_peer.hpp"
#include "parent/command_delivery.hpp"
#include "parent/command_service.hpp"
#include "parent/crew.hpp"
#include "parent/forker_process.hpp"
#include "parent/smtp_session.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <span>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr std::string_view cannot_serve = "421 4.3.0 the session cannot be started\r\n";
constexpr std::string_view not_allowed = "554 5.7.1 you are not among those who may send mail here\r\n";

// Users of this machine and programs that write to a pipe may speak first: it is browsers and worms that are kept away
// by that.
Serve serving(const DaemonOptions& options, const std::optional<NewClient>& client) {
  Serve serve;
  serve.name = *Line<max_host>::from("localhost");
  serve.program = *Line<64>::from("msmtpd");
  serve.greeting_first = client && !client->is_local;
  serve.size_limit = options.max_size;
  serve.max_recipients = options.max_recipients;
  serve.idle_seconds = options.idle_seconds;
  serve.total_seconds = options.total_seconds;
  serve.lmtp = options.lmtp;
  serve.login = options.login.has_value();
  return serve;
}

std::string who(const std::optional<NewClient>& client) {
  if (!client) return "standard input";
  if (!client->is_local) return to_text(client->client) + " port " + std::to_string(client->client_port);
  return "uid " + std::to_string(client->user) + " pid " + std::to_string(client->process);
}

void set_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
}

// What is the same for a session with a listener and one without.
class ClientSession {
 public:
  ClientSession(const SessionPlan& plan, CommandStarter& starter)
      : plan_(plan),
        crew_([&plan](const LogRecord& record) {
          if (record.kind == LogKind::warning) plan.log.error(record.text);  // of others there is no bound
        }),
        starter_(starter) {}

  Crew& crew() { return crew_; }
  // SOCKET: of the client, where the server has not got it yet. SIGN: what ends the session when it becomes readable.
  int serve(const std::optional<NewClient>& client, std::optional<Fd> socket, int sign, CheckEnd* check);

 private:
  Result<void> lead(const std::optional<NewClient>& client, std::optional<Fd> socket, int sign, CheckEnd* check);

  const SessionPlan& plan_;
  Crew crew_;
  CommandStarter& starter_;
};

int fail_with(const SessionPlan& plan, const Error& error) {
  plan.log.error(error.text + "; session aborted");
  return static_cast<int>(error.code);
}

Result<void> ClientSession::lead(const std::optional<NewClient>& client, std::optional<Fd> socket, int sign,
                                 CheckEnd* check) {
  ClientNames names(crew_, plan_.helpers, client);
  CommandService service(plan_, client, names, starter_, check);
  SmtpSession session(crew_, service, serving(plan_.options, client));
  session.retire_with(sign);
  return session.run(std::move(socket));
}

int ClientSession::serve(const std::optional<NewClient>& client, std::optional<Fd> socket, int sign, CheckEnd* check) {
  plan_.log.info("session with " + who(client));
  const auto led = lead(client, std::move(socket), sign, check);
  if (!led) return fail_with(plan_, crew_.explain(led.error()));
  plan_.log.info("the client has ended the session; connection closed");
  return 0;
}

// What a session without a listener starts, and keeps.
struct OwnHelpers {
  std::optional<ForkerProcess> verifier;
  std::optional<CheckEnd> check;
};

Result<Fd> start_check(const SessionPlan& plan, OwnHelpers& helpers) {
  auto starting = TRY(StartingVerifier::start(plan.helpers, *plan.options.login, true));
  helpers.verifier = TRY(starting.advance(Deadline::never(), plan.log));
  SocketPair login = TRY(make_seqpacket_pair());
  SocketPair verdict = TRY(make_seqpacket_pair());
  const std::array<Fd, 2> for_check{std::move(login.left), std::move(verdict.left)};
  TRY(helpers.verifier->order(for_check));
  helpers.verifier->retire();
  helpers.check.emplace(std::move(verdict.right), verifier_program);
  return std::move(login.right);
}

Result<OwnHelpers> start_helpers(const SessionPlan& plan, Crew& crew, Fd input, const Fd& output) {
  OwnHelpers helpers;
  std::optional<Fd> login;
  if (plan.options.login) login = TRY(start_check(plan, helpers));
  Fd copy(fcntl(output.number(), F_DUPFD_CLOEXEC, 3));
  if (!copy.is_open()) return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  TRY(CrewStarter(plan.helpers, crew).start_server(std::move(input), std::move(copy), std::move(login)));
  return helpers;
}

// After so many clients a session ends, so that what a library may leave behind does not add up.
constexpr int most_clients = 100;

// The next client of a session with a listener. Its exit status when it is over, nothing when another client may come.
Result<std::optional<int>> serve_next(const SessionPlan& plan, ListenerEnd& orders, CommandStarter& starter) {
  ClientSession session(plan, starter);
  std::array<Fd, 2> ends;
  TRY(orders.expect_one<NewServer>(Deadline::never(), std::span(ends).first(plan.options.login ? 2 : 1)));
  session.crew().server.emplace(std::move(ends[0]), server_program);
  std::optional<CheckEnd> check;
  if (plan.options.login) check.emplace(std::move(ends[1]), verifier_program);
  Fd socket;
  const NewClient client = TRY(orders.expect_one<NewClient>(Deadline::never(), std::span<Fd>(&socket, 1)));
  const int status = session.serve(client, std::move(socket), orders.fd().number(), check ? &*check : nullptr);
  return status == 0 ? std::optional<int>() : status;
}

}  // namespace

int run_ready_session(const SessionPlan& plan, Fd listener) {
  set_signals();
  // The end of the session is for the listener to say, over the channel; signals hit the whole group.
  for (const int signal : {SIGTERM, SIGHUP, SIGINT}) std::signal(signal, SIG_IGN);
  ListenerEnd orders(std::move(listener), "msmtpd");
  auto starter = CommandStarter::prepare();
  if (!starter) return fail_with(plan, starter.error());
  for (int clients = 1;; ++clients) {
    const auto status = serve_next(plan, orders, *starter);
    if (!status) return status.error().cause == Cause::peer_gone ? 0 : fail_with(plan, status.error());
    if (*status) return **status;
    // Who says it takes another one. Otherwise the listener sees the end, as it does when it has gone itself.
    if (clients == most_clients || !orders.send(ClientServed{})) return 0;
  }
}

int run_single_session(const SessionPlan& plan, Fd client_input, Fd client_output) {
  set_signals();
  auto starter = CommandStarter::prepare();
  if (!starter) return fail_with(plan, starter.error());
  ClientSession session(plan, *starter);
  const std::optional<NewClient> client = peer_of(client_input);
  if (!may_send(plan.options.allowed, client)) {
    plan.log.error("connection from " + who(client) + ", which is not allowed");
    (void)write_all(client_output, not_allowed);
    return static_cast<int>(ExitCode::no_permission);
  }
  auto ends = start_helpers(plan, session.crew(), std::move(client_input), client_output);
  if (!ends) {
    (void)write_all(client_output, cannot_serve);
    return fail_with(plan, ends.error());
  }
  client_output.close();
  // A mail that is on its way goes on to its end.
  const auto signals = AwaitedSignals::of({SIGTERM, SIGINT, SIGHUP});
  if (!signals) return fail_with(plan, signals.error());
  return session.serve(client, {}, signals->number(), ends->check ? &*ends->check : nullptr);
}

}  // namespace msmtp
