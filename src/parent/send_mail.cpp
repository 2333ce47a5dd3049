// sendmail mode.
//
// What the mail says must not matter before the rights that it could abuse are gone, so everything that needs files,
// commands or helpers is done in the first stage, whatever it finds; but what went wrong is reported in the order that
// callers of msmtp know, in which the mail comes first. Hence errors that wait.
#include "parent/send_mail.hpp"

#include "common/child.hpp"
#include "common/sandbox.hpp"
#include "common/text.hpp"
#include "parent/account_choice.hpp"
#include "parent/account_setup.hpp"
#include "parent/address_list.hpp"
#include "parent/aliases.hpp"
#include "parent/connection_description.hpp"
#include "parent/crew.hpp"
#include "parent/crew_briefing.hpp"
#include "parent/delivery_log.hpp"
#include "parent/envelope_address.hpp"
#include "parent/features.hpp"
#include "parent/header_edit.hpp"
#include "parent/header_scan.hpp"
#include "parent/kept_connection.hpp"
#include "parent/local_names.hpp"
#include "parent/mail_input.hpp"
#include "parent/name_questions.hpp"
#include "parent/patterns.hpp"
#include "parent/report.hpp"
#include "parent/submission.hpp"

#include <algorithm>
#include <config.hpp>
#include <ctime>
#include <optional>
#include <sys/random.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

// For the log. Where the reply that it shows is that to the whole mail, the others are named with theirs.
std::string describe_refused(const SubmissionOutcome& outcome) {
  std::string text = "delivery to one or more recipients failed";
  if (!outcome.is_partial()) return text;
  std::string_view separator = ": ";
  for (const RefusedRecipient& refused : outcome.refused) {
    constexpr std::size_t enough = 200;
    const std::string_view reply = refused.server_reply;
    const std::string_view line = reply.substr(0, std::min(enough, reply.find('\n')));
    text.append(separator).append(refused.address).append(" (").append(line).append(")");
    separator = ", ";
  }
  return text;
}

// The accounts among which the mail chooses, as the command line makes them; the last is that of the environment. The
// passwords go with them: in CONFIG it is only to be seen that there was one.
std::vector<Account> candidates_of(LoadedConfig& config, const Account& overrides) {
  std::vector<Account> candidates;
  for (Account& account : config.accounts) {
    candidates.push_back(copy_of(account));
    if (account.password) account.password->wipe();
  }
  candidates.emplace_back().host = environment_variable("SMTPSERVER");
  for (Account& candidate : candidates) copy_given_settings(candidate, overrides);
  return candidates;
}

class SendMail {
 public:
  SendMail(const Options& options, const Places& places, const Console& console)
      : options_(options),
        console_(console),
        setup_(options, places, console),
        crew_([&console, &options](const LogRecord& record) { report_record(console, record, options.debug); }),
        places_(places),
        briefing_(crew_, places, setup_.home, options.debug),
        names_(crew_),
        may_keep_(!is_set_id()) {}

  ExitCode run();

 private:
  // Stage one: files, commands, helpers.
  Result<void> set_up();
  bool names_user(const Account& account) const;
  Result<void> learn_names();
  Result<void> set_up_for_account();
  Result<void> set_up_for_any_account();
  bool waits_for_keeper() const;
  bool borrow_connection();
  Result<void> find_connection(bool domain_waits);
  Result<void> start_crew();
  std::vector<std::string> surroundings() const;
  Result<void> before_the_mail(Result<void> briefed);
  bool mail_decides_account() const;
  bool may_have_recipients() const {
    return options_.read_recipients || !options_.recipients.empty() || !options_.envelope_recipients.empty();
  }
  MailSource mail_source() const { return {STDIN_FILENO, options_.mail_confirmation}; }
  bool sends() const { return !options_.pretend && may_have_recipients(); }

  // Stage two: the header section.
  Result<void> compose(Result<void> prepared);
  Result<void> read_header();
  Result<void> finish_account();
  Result<void> settle_recipients();
  Result<std::vector<std::string>> expand_aliases(const std::string& file);
  Result<OutgoingHeader> make_header();
  Grants compose_grants() const;

  // Stage three: the submission.
  ExitCode submit();
  void hand_back(const SessionFacts& facts);
  void log(const SubmissionOutcome& outcome, std::uint64_t size);

  const Options& options_;
  const Console& console_;
  AccountSetup setup_;
  Crew crew_;
  const Places& places_;
  CrewBriefing briefing_;
  NameQuestions names_;
  bool may_keep_;  // a connection for other mails: not with rights that the caller does not have
  std::optional<KeptConnection> kept_;
  std::optional<SessionFacts> session_;  // that was lent
  std::optional<LoadedConfig> config_;   // while the mail has to be read before an account can be chosen
  std::optional<Account> account_;
  DeliveryLog log_;

  MailInput mail_;
  HeaderFacts header_facts_;
  std::vector<std::string> recipients_;
  OutgoingHeader header_;
};

ExitCode SendMail::run() {
  auto composed = compose(set_up());
  if (!composed) {
    report_error(console_, composed.error());
    return composed.error().code;
  }
  if (options_.pretend) return ExitCode::ok;
  return submit();
}

// ---- stage one ----

bool SendMail::mail_decides_account() const {
  return options_.read_envelope_from && !options_.account_name && wants_config_files(options_);
}

Result<void> SendMail::set_up() {
  LoadedConfig config = TRY(setup_.load());
  if (mail_decides_account()) {
    config_ = std::move(config);
    return before_the_mail(set_up_for_any_account());
  }
  account_ = TRY(setup_.choose(std::move(config), std::nullopt));
  return before_the_mail(set_up_for_account());
}

Result<void> SendMail::learn_names() {
  TRY(setup_.learn_names(!account_ || names_user(*account_)));
  setup_.patterns.canonical_host = [this] { return names_.own_name(account_->timeout); };
  return {};
}

// Whether the name of the user may become a part of the sender: one pattern may put in another.
bool SendMail::names_user(const Account& account) const {
  return account.auto_from || options_.read_envelope_from || !account.from ||
         account.from->find('%') != std::string::npos;
}

// The helpers begin to load while this process looks at what else it needs.
Result<void> SendMail::set_up_for_account() {
  Account& account = *account_;
  if (options_.pretend) TRY(setup_.try_passwordeval(account));
  if (sends() && !waits_for_keeper()) TRY(start_crew());
  TRY(learn_names());
  CrewNeeds name;
  name.own_name = asks_for_own_name(account, setup_.patterns, true);
  if (sends() || options_.pretend) TRY(briefing_.start(name));
  if (!sends()) return {};
  log_.open(account);
  const bool domain_waits = asks_for_own_name(account, setup_.patterns, false);
  if (!domain_waits) account.domain = TRY(expand_domain(account.domain, setup_.patterns));
  if (waits_for_keeper()) TRY(find_connection(domain_waits));
  if (session_) return {};
  if (unavailable_feature(account)) {
    briefing_.dismiss_credentials();
    return {};
  }
  if (!domain_waits) TRY(briefing_.prepare(account));
  return briefing_.seek(account);
}

// Whether there may be a connection already: then there is no other before that is known.
bool SendMail::waits_for_keeper() const {
  return account_->keep_connection != 0 && may_keep_ && !unavailable_feature(*account_);
}

// Only for a mail that is there already: what is borrowed may end at any time, and afterwards there is nobody who could
// open another.
bool SendMail::borrow_connection() {
  if (!mail_is_at_hand(STDIN_FILENO)) return false;
  kept_.emplace(connection_description(*account_, surroundings()), places_.helpers);
  session_ = kept_->borrow(crew_, account_->tls ? netproc_tls_program : netproc_program);
  return session_.has_value();
}

Result<void> SendMail::find_connection(bool domain_waits) {
  if (domain_waits || !borrow_connection()) return start_crew();
  briefing_.skip();
  if (account_->password) account_->password->wipe();
  return {};
}

// What decides about a connection beside the account.
std::vector<std::string> SendMail::surroundings() const {
  std::vector<std::string> all{std::string(config::version), places_.helpers, home_directory(setup_.home),
                               options_.debug ? "debug" : ""};
  for (const char* const name : {"KRB5CCNAME", "KRB5_CONFIG", "RES_OPTIONS", "LOCALDOMAIN"}) {
    all.push_back(environment_variable(name).value_or(std::string()));
  }
  all.push_back(network_of_process());
  return all;
}

Result<void> SendMail::start_crew() {
  CrewNeeds connection;
  connection.add(*account_);
  connection.keeping = kept_ && kept_->has_place();
  TRY(briefing_.start(connection));
  if (!connection.keeping) return {};
  // The mail does not need it.
  const auto started = kept_->start_keeper(crew_, account_->keep_connection);
  if (!started) console_.complain("warning: the connection is not kept: " + started.error().text);
  return {};
}

// Whatever account the mail chooses, what it may need has to be there; and what it must not choose for itself, a
// password or a command, is the credential child's business before the mail is read.
Result<void> SendMail::set_up_for_any_account() {
  TRY(learn_names());
  std::vector<Account> candidates = candidates_of(*config_, options_.overrides);
  CrewNeeds needs;
  for (const Account& candidate : candidates) {
    needs.own_name = needs.own_name || asks_for_own_name(candidate, setup_.patterns, true);
    if (sends()) needs.add(candidate);
    if (sends()) log_.open(candidate);
  }
  if (!sends() && !options_.pretend) return {};
  TRY(briefing_.start(needs));
  if (!needs.login && !needs.key) return {};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    TRY(briefing_.offer(std::move(candidates[i]), i + 1 < candidates.size()));
  }
  return {};
}

// An unconfined credential child must not wait for orders from somebody who reads a mail.
Result<void> SendMail::before_the_mail(Result<void> briefed) {
  if (!briefed) briefing_.dismiss_credentials();
  return briefed;
}

// ---- stage two ----

Grants SendMail::compose_grants() const {
  Grants grants;
  const auto add = [&](const Account& account) {
    if (account.aliases) grants.paths.push_back({*account.aliases, PathGrant::Access::read});
  };
  if (account_) add(*account_);
  if (config_) std::ranges::for_each(config_->accounts, add);
  return grants;
}

Result<void> SendMail::compose(Result<void> prepared) {
  TRY(enter_stage(Stage::parent_compose, compose_grants()));
  TRY(read_header());
  auto finished = prepared ? finish_account() : std::move(prepared);
  setup_.show_notes(header_facts_.sender);
  TRY(std::move(finished));
  setup_.show(*account_);
  TRY(settle_recipients());
  if (options_.pretend) return {};
  if (auto missing = unavailable_feature(*account_)) return fail(ExitCode::unavailable, *missing);
  if (!briefing_.has_prepared()) TRY(briefing_.prepare(*account_));
  if (!briefing_.has_sought()) TRY(briefing_.seek(*account_));
  header_ = TRY(make_header());
  return {};
}

Result<void> SendMail::read_header() {
  mail_ = TRY(read_mail_header(mail_source()));
  header_facts_ = scan_headers(mail_.header.lines);
  if (options_.read_envelope_from && !header_facts_.sender) {
    return fail(ExitCode::usage, "no envelope from address found");
  }
  for (const std::string& word : options_.recipients) {
    const auto addresses = TRY(recipients_of_word(word));
    recipients_.insert(recipients_.end(), addresses.begin(), addresses.end());
  }
  recipients_.insert(recipients_.end(), options_.envelope_recipients.begin(), options_.envelope_recipients.end());
  if (options_.read_recipients) {
    recipients_.insert(recipients_.end(), header_facts_.recipients.begin(), header_facts_.recipients.end());
  }
  if (recipients_.empty() && !options_.pretend) return fail(ExitCode::usage, "no recipients found");
  return {};
}

Result<void> SendMail::finish_account() {
  if (config_) {
    LoadedConfig config = std::move(*config_);
    config_.reset();
    account_ = TRY(setup_.choose(std::move(config), header_facts_.sender));
  } else if (options_.read_envelope_from && account_->allow_from_override) {
    account_->from = header_facts_.sender;
  }
  setup_.patterns.mail_sender = header_facts_.sender;
  TRY(apply_patterns(*account_, setup_.patterns));
  TRY(check_account(*account_, !options_.pretend));
  if (account_->from) TRY(check_address(*account_->from, "envelope from address", ExitCode::usage));
  return {};
}

Result<void> SendMail::settle_recipients() {
  if (account_->aliases && has_local_name(recipients_)) recipients_ = TRY(expand_aliases(*account_->aliases));
  for (const std::string& recipient : recipients_) {
    TRY(check_address(recipient, "recipient address", ExitCode::usage));
  }
  return {};
}

Result<std::vector<std::string>> SendMail::expand_aliases(const std::string& file) {
  const auto in_file = [&](const Error& error) {
    return fail(ExitCode::config, error.text.starts_with(file) ? error.text : file + ": " + error.text);
  };
  auto opened = open_for_reading(file);
  if (!opened) return in_file(opened.error());
  auto text = read_config_file(*opened, file);
  if (!text) return in_file(text.error());
  auto aliases = Aliases::parse(text->reveal());
  if (!aliases) return in_file(aliases.error());
  auto expanded = aliases->expand(recipients_);
  if (!expanded) return in_file(expanded.error());
  return expanded;
}

Result<OutgoingHeader> SendMail::make_header() {
  HeaderMaterial material;
  material.sender = *account_->from;
  material.recipients = recipients_;
  const std::time_t now = std::time(nullptr);
  localtime_r(&now, &material.now.fields);
  material.now.utc_offset = material.now.fields.tm_gmtoff;
  if (getentropy(material.random.data(), material.random.size()) != 0) {
    return fail(ExitCode::os_error, "the system gives no random numbers");
  }
  const GeneratedHeaders generated = generate_headers(*account_, header_facts_, material);
  return outgoing_header(mail_.header, generated, account_->remove_bcc_headers);
}

// ---- stage three ----

ExitCode SendMail::submit() {
  SubmissionRequest request{*account_,
                            is_null_sender(*account_->from) ? std::string() : path_of(*account_->from),
                            {},
                            OutgoingMail(header_, mail_.body_start, mail_source(), mail_.ended)};
  for (const std::string& recipient : recipients_) request.recipients.push_back(path_of(recipient));
  Submission submission(crew_, console_, request, [this](const Secured& facts) {
    if (options_.debug) (void)console_.print(describe_tls(facts));
  });
  if (kept_ && options_.debug) (void)console_.print(kept_->note() + '\n');
  if (session_) submission.resume(*session_);
  submission.begin();
  Grants grants;
  grants.user = setup_.lesser_user;
  if (const auto confined = enter_stage(Stage::parent_supervise, grants); !confined) {
    report_error(console_, confined.error());
    return confined.error().code;
  }
  const SubmissionOutcome outcome = submission.run();
  if (kept_ && !outcome.error) hand_back(submission.facts());
  report_outcome(console_, *account_, outcome);
  log(outcome, request.mail.counted_size());
  return outcome.error ? outcome.error->code : ExitCode::ok;
}

// Whatever else ends than a mail that was taken for all of its recipients, ends with its connection.
void SendMail::hand_back(const SessionFacts& facts) {
  if (!kept_->has_keeper()) return;
  kept_->give_back(facts);
  crew_.leave_netproc();
}

void SendMail::log(const SubmissionOutcome& outcome, std::uint64_t size) {
  LogFacts facts;
  facts.host = account_->host;
  facts.socket = account_->socket.value_or(std::string());
  facts.tls = account_->tls;
  facts.auth = account_->auth.wanted;
  facts.user = account_->user;
  facts.from = *account_->from;
  facts.recipients = recipients_;
  if (outcome.error) {
    const bool has_reply = outcome.refused.empty() || outcome.is_partial();
    facts.server_reply = has_reply ? outcome.error->server_reply : std::string();
    if (outcome.is_partial()) facts.mail_size = size;
    facts.error = outcome.refused.empty() ? outcome.error->text : describe_refused(outcome);
    facts.exit_code = outcome.error->code;
  } else {
    facts.mail_size = size;
    facts.server_reply = outcome.server_reply;
  }
  log_.write(*account_, facts, console_);
}

}  // namespace

ExitCode send_mail(const Options& options, const Places& places, const Console& console) {
  return SendMail(options, places, console).run();
}

}  // namespace msmtp
