// --serverinfo and --rmqs.
//
// Two stages are enough: there is no mail, so nothing that a stranger wrote is read before the first message of a
// helper.
#include "parent/server_modes.hpp"

#include "common/sandbox.hpp"
#include "parent/account_setup.hpp"
#include "parent/crew.hpp"
#include "parent/crew_briefing.hpp"
#include "parent/features.hpp"
#include "parent/name_questions.hpp"
#include "parent/proxy.hpp"
#include "parent/report.hpp"
#include "parent/server_questions.hpp"
#include "parent/server_session.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace msmtp {

namespace {

// How long a helper may take beyond the timers that it keeps itself.
constexpr std::chrono::seconds helper_grace{5};

class ServerMode {
 public:
  ServerMode(const Options& options, const Places& places, const Console& console)
      : options_(options),
        console_(console),
        setup_(options, places, console),
        crew_([&console, &options](const LogRecord& record) { report_record(console, record, options.debug); }),
        briefing_(crew_, places, setup_.home, options.debug),
        names_(crew_) {}

  ExitCode run();

 private:
  bool asks_for_information() const { return options_.mode == Mode::server_info; }

  // Stage one: files, commands, helpers.
  Result<void> set_up();
  CrewNeeds needs();

  // Stage two: the server.
  Result<void> go_on();
  Result<void> ask_server();
  Result<void> inform(ServerSession& session);

  const Options& options_;
  const Console& console_;
  AccountSetup setup_;
  Crew crew_;
  CrewBriefing briefing_;
  NameQuestions names_;
  Account account_;
  std::optional<Secured> secured_;
};

ExitCode ServerMode::run() {
  auto done = set_up();
  setup_.show_notes(std::nullopt);
  if (done) done = go_on();
  crew_.drain_logs();
  if (done) return ExitCode::ok;
  report_error(console_, done.error());
  return done.error().code;
}

// ---- stage one ----

CrewNeeds ServerMode::needs() {
  CrewNeeds wanted;
  wanted.own_name = asks_for_own_name(account_, setup_.patterns, false);
  if (options_.pretend) return wanted;
  wanted.add(account_);
  if (!asks_for_information()) return wanted;
  wanted.login = false;
  wanted.peer_name = !account_.socket && !is_proxied(account_);
  return wanted;
}

// Nobody logs in to see what a server offers, but that a password can be had is worth knowing before.
Result<void> ServerMode::set_up() {
  LoadedConfig config = TRY(setup_.load());
  TRY(setup_.learn_names(false));
  setup_.patterns.canonical_host = [this] { return names_.own_name(account_.timeout); };
  account_ = TRY(setup_.choose(std::move(config), std::nullopt));
  if (options_.pretend || asks_for_information()) TRY(setup_.try_passwordeval(account_));
  if (auto missing = unavailable_feature(account_); missing && !options_.pretend) {
    return fail(ExitCode::unavailable, *missing);
  }
  TRY(briefing_.start(needs()));
  if (options_.pretend) return {};
  return briefing_.seek(account_);
}

// ---- stage two ----

Result<void> ServerMode::go_on() {
  Grants grants;
  grants.user = setup_.lesser_user;
  TRY(enter_stage(Stage::parent_supervise, grants));
  account_.domain = TRY(expand_domain(account_.domain, setup_.patterns));
  setup_.show(account_);
  if (options_.pretend) return {};
  TRY(briefing_.prepare(account_));
  return ask_server();
}

Result<void> ServerMode::ask_server() {
  ServerSession session(crew_, console_, account_, helper_grace, [this](const Secured& facts) {
    secured_ = facts;
    if (options_.debug) (void)console_.print(describe_tls(facts));
  });
  auto done = asks_for_information() ? inform(session) : ask_to_start_queue(session, account_, options_.queue_argument);
  if (done) return {};
  Error error = session.explain(std::move(done).error());
  session.dismiss();
  return Unexpected{std::move(error)};
}

Result<void> ServerMode::inform(ServerSession& session) {
  const std::string text = TRY(ask_for_information(session, names_, account_, secured_));
  crew_.drain_logs();
  if (console_.print(text)) return {};
  return fail(ExitCode::io_error, "cannot write to standard output");
}

}  // namespace

ExitCode run_server_mode(const Options& options, const Places& places, const Console& console) {
  return ServerMode(options, places, console).run();
}

}  // namespace msmtp
