// sendmail mode.
//
// What the mail says must not matter before the rights that it could abuse are gone, so everything that needs files,
// commands or helpers is done in the first stage, whatever it finds; but what went wrong is reported in the order that
// callers of msmtp know, in which the mail comes first. Hence errors that wait.
#include "parent/send_mail.hpp"

#include "common/lesser_user.hpp"
#include "common/run_command.hpp"
#include "common/sandbox.hpp"
#include "common/text.hpp"
#include "parent/account_choice.hpp"
#include "parent/address_list.hpp"
#include "parent/aliases.hpp"
#include "parent/config_files.hpp"
#include "parent/crew.hpp"
#include "parent/delivery_log.hpp"
#include "parent/describe.hpp"
#include "parent/envelope_address.hpp"
#include "parent/features.hpp"
#include "parent/header_edit.hpp"
#include "parent/header_scan.hpp"
#include "parent/local_names.hpp"
#include "parent/mail_input.hpp"
#include "parent/orders.hpp"
#include "parent/patterns.hpp"
#include "parent/report.hpp"
#include "parent/submission.hpp"

#include <algorithm>
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

class SendMail {
 public:
  SendMail(Options& options, const Places& places, const Console& console)
      : options_(options),
        places_(places),
        console_(console),
        crew_([&console, &options](const LogRecord& record) { report_record(console, record, options.debug); }) {}

  ExitCode run();

 private:
  // Stage one: files, commands, helpers.
  Result<void> set_up();
  Result<LoadedConfig> load();
  Result<void> gather_local_names();
  Result<void> settle_account(LoadedConfig config);
  Result<void> before_the_mail(Result<void> briefed);
  Result<void> prepare_for_any_account();
  Result<void> offer_candidate(Account candidate, bool more_follow);
  Result<Acquire> question_about(Account& account) const;
  Result<void> ask_signer(const Account& account, bool more_follow);
  Result<void> brief_signer();
  Result<Choose> choice() const;
  bool password_may_be_looked_for() const;
  void dismiss_credentials();
  Result<void> try_passwordeval();
  Result<void> start_crew();
  Result<void> brief_crew();
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
  void show_notes();
  void show_account();
  Result<void> settle_recipients();
  Result<std::vector<std::string>> expand_aliases(const std::string& file);
  Result<OutgoingHeader> make_header();
  Grants compose_grants() const;

  // Stage three: the submission.
  ExitCode submit();
  void log(const SubmissionOutcome& outcome, std::uint64_t size);

  Options& options_;
  const Places& places_;
  const Console& console_;
  Crew crew_;
  std::optional<LoadedConfig> config_;  // while the mail has to be read before an account can be chosen
  std::optional<Account> account_;
  std::vector<std::string> candidates_;  // accounts that the mail may choose, in the order of the credential child
  std::vector<std::string> notes_;
  PatternValues patterns_;
  HomeFacts home_;
  DeliveryLog log_;
  std::optional<LesserUser> lesser_user_;
  bool briefed_ = false;
  bool password_known_ = false;

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
  tzset();  // reads a file, which a later stage may not
  lesser_user_ = TRY(find_lesser_user());
  home_ = {environment_variable("HOME"), environment_variable("XDG_CONFIG_HOME"), passwd_home_directory(), geteuid(),
           is_set_id()};
  LoadedConfig config = TRY(load());
  TRY(gather_local_names());
  if (mail_decides_account()) {
    config_ = std::move(config);
    return sends() ? before_the_mail(prepare_for_any_account()) : Result<void>();
  }
  TRY(settle_account(std::move(config)));
  if (options_.pretend) return try_passwordeval();
  if (!sends()) return {};
  log_.open(*account_);
  account_->domain = TRY(expand_domain(account_->domain, patterns_));  // the network child is told it now
  TRY(start_crew());
  return before_the_mail(brief_crew());
}

// An unconfined credential child must not wait for orders from somebody who reads a mail.
Result<void> SendMail::before_the_mail(Result<void> briefed) {
  if (!briefed) dismiss_credentials();
  return briefed;
}

void SendMail::dismiss_credentials() {
  crew_.authproc.reset();
  crew_.signer.reset();
}

Result<LoadedConfig> SendMail::load() {
  if (!wants_config_files(options_)) {
    TRY(drop_set_id());
    return LoadedConfig{};
  }
  ConfigRequest request;
  request.system_file = places_.sysconfdir + "/msmtprc";
  request.user_file = user_config_file(home_, options_.config_file);
  request.user_file_given = options_.config_file.has_value();
  request.facts = home_;
  request.run_command = [](std::string_view command) { return run_command(command, Deadline::never()); };
  request.give_up_rights = drop_set_id;
  return load_config(request, notes_);
}

Result<void> SendMail::gather_local_names() {
  patterns_.mail_name = [mail_name = read_mail_name(places_.sysconfdir + "/mailname")] { return mail_name; };
  patterns_.user = [user = local_user_name()] { return Result<std::string>(user); };
  patterns_.host = [host = local_host_name()] { return Result<std::string>(host); };
  patterns_.canonical_host = []() -> Result<std::string> {
    return fail(ExitCode::unavailable, "the pattern %C is not available yet; %H gives the name of this host as it is");
  };
  return {};
}

Result<void> SendMail::settle_account(LoadedConfig config) {
  const ChoiceFacts facts{header_facts_.sender, environment_variable("EMAIL"), environment_variable("SMTPSERVER")};
  account_ = TRY(choose_account(options_, facts, std::move(config), notes_));
  password_known_ = account_->auth.wanted && (account_->password || account_->passwordeval);
  complete_account(*account_);
  // Who sends is settled last; but where nothing can name a sender any more, no password is asked for either.
  const bool sender_may_come = account_->auto_from || options_.read_envelope_from;
  return check_account(*account_, !options_.pretend && !sender_may_come);
}

// Whatever account the mail chooses, what it may need has to be there; and what it must not choose for itself, a
// password or a command, is the credential child's business before the mail is read.
Result<void> SendMail::prepare_for_any_account() {
  for (const Account& account : config_->accounts) log_.open(account);
  Account from_environment;
  from_environment.host = environment_variable("SMTPSERVER");
  copy_given_settings(from_environment, options_.overrides);
  log_.open(from_environment);
  TRY(start_crew());
  if (!crew_.authproc && !crew_.signer) return {};
  for (Account& account : config_->accounts) {
    Account candidate = copy_of(account);
    if (account.password) account.password->wipe();  // that there was one is still to be seen
    copy_given_settings(candidate, options_.overrides);
    TRY(offer_candidate(std::move(candidate), true));
  }
  return offer_candidate(std::move(from_environment), false);
}

Result<void> SendMail::offer_candidate(Account candidate, bool more_follow) {
  candidates_.push_back(candidate.name);
  if (candidates_.size() > max_candidates) return fail(ExitCode::config, "there are too many accounts to choose from");
  if (crew_.signer) TRY(ask_signer(candidate, more_follow));
  if (!crew_.authproc) return {};
  Acquire question = TRY(question_about(candidate));
  question.more_follow = more_follow;
  return crew_.authproc->send(question, Deadline::in(std::chrono::seconds(30)));
}

Result<Acquire> SendMail::question_about(Account& account) const {
  return acquire_message(account, home_directory(home_) + "/.netrc", places_.sysconfdir + "/netrc");
}

Result<void> SendMail::ask_signer(const Account& account, bool more_follow) {
  const Deadline soon = Deadline::in(std::chrono::seconds(30));
  const LoadKey where = TRY(load_key_message(account));
  Acquire pin = TRY(pin_message(account, home_directory(home_) + "/.netrc", places_.sysconfdir + "/netrc"));
  pin.more_follow = more_follow;
  TRY(crew_.signer->send(where, soon));
  return crew_.signer->send(pin, soon);
}

Result<Choose> SendMail::choice() const {
  const auto chosen = std::ranges::find(candidates_, account_->name);
  if (chosen == candidates_.end()) return fail(ExitCode::software, "an account has appeared that was not there before");
  return Choose{static_cast<std::uint16_t>(chosen - candidates_.begin())};
}

// --pretend shows whether the command works; what it says is wiped unread.
Result<void> SendMail::try_passwordeval() {
  if (!account_->auth.wanted || account_->password || !account_->passwordeval) return {};
  TRY(run_command(*account_->passwordeval, Deadline::never(), {STDERR_FILENO, ExitCode::config}));
  return {};
}

Result<void> SendMail::start_crew() {
  const auto any = [this](auto wanted) {
    return account_ ? wanted(*account_) : std::ranges::any_of(config_->accounts, wanted);
  };
  CrewStarter starter(places_.helpers, crew_);
  if (any(needs_signer)) TRY(starter.start_signer());
  TRY(starter.start_netproc(any([](const Account& account) { return account.tls; }),
                            any([](const Account& account) { return account.auth.wanted; })));
  if (any([](const Account& account) { return destination_of(account).needs_resolver; })) TRY(starter.start_resolver());
  return {};
}

// The helpers begin at once: the password is looked for, the name resolved and TLS prepared while the mail is read.
Result<void> SendMail::brief_crew() {
  if (unavailable_feature(*account_)) {
    dismiss_credentials();
    return {};
  }
  const Prepare prepare = TRY(prepare_message(*account_, options_.debug));
  TRY(crew_.netproc->send(prepare));
  TRY(brief_signer());
  // When there is no key there will be no session, and nobody needs to be asked for a password.
  const bool goes_on = !crew_.signer || !crew_.authproc || !password_may_be_looked_for() || crew_.await_key();
  if (!account_->auth.wanted || !goes_on) {
    crew_.authproc.reset();
  } else if (candidates_.size() > 1) {
    const Choose chosen = TRY(choice());
    TRY(crew_.authproc->send(chosen));
  } else if (candidates_.size() == 1) {
    // The only one there is, and already being asked for.
  } else {
    const Acquire question = TRY(question_about(*account_));
    TRY(crew_.authproc->send(question));
  }
  if (account_->password) account_->password->wipe();  // that there was one is still to be seen
  if (const Destination destination = destination_of(*account_); destination.needs_resolver) {
    const auto host = Line<max_host>::from(destination.host);
    if (!host) return fail(ExitCode::config, "the host name is too long");
    TRY(crew_.resolver->send(Resolve{*host}));
  }
  briefed_ = true;
  return {};
}

// Where there is nothing to sign with, the network child sees from its first message that it needs no signer.
Result<void> SendMail::brief_signer() {
  if (!crew_.signer) return {};
  if (!needs_signer(*account_)) {
    crew_.signer.reset();
  } else if (candidates_.size() > 1) {
    const Choose chosen = TRY(choice());
    return crew_.signer->send(chosen);
  } else if (candidates_.empty()) {
    return ask_signer(*account_, false);
  }
  return {};
}

// Two helpers must not ask the user at the same time.
bool SendMail::password_may_be_looked_for() const {
  return account_->auth.wanted && !account_->password;
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
  show_notes();
  TRY(std::move(finished));
  show_account();
  TRY(settle_recipients());
  if (options_.pretend) return {};
  if (auto missing = unavailable_feature(*account_)) return fail(ExitCode::unavailable, *missing);
  if (!briefed_) TRY(brief_crew());
  header_ = TRY(make_header());
  Grants grants;
  grants.user = lesser_user_;
  return enter_stage(Stage::parent_supervise, grants);
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
    TRY(settle_account(std::move(config)));
  } else if (options_.read_envelope_from && account_->allow_from_override) {
    account_->from = header_facts_.sender;
  }
  patterns_.mail_sender = header_facts_.sender;
  TRY(apply_patterns(*account_, patterns_));
  TRY(check_account(*account_, !options_.pretend));
  if (account_->from) TRY(check_address(*account_->from, "envelope from address", ExitCode::usage));
  return {};
}

// Also when there is no account in the end: then they say why.
void SendMail::show_notes() {
  if (!options_.pretend && !options_.debug) return;
  std::string text;
  if (options_.read_envelope_from)
    text = "envelope from address extracted from mail: " + printable(*header_facts_.sender) + '\n';
  for (const std::string& note : notes_) text += printable(note) + '\n';
  (void)console_.print(text);
}

void SendMail::show_account() {
  if (!options_.pretend && !options_.debug) return;
  std::string text = describe_account(*account_, options_, password_known_);
  if (options_.debug) text += "sandbox = " + sandbox_level().text + '\n';
  (void)console_.print(text);
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
                            OutgoingMail(std::move(header_), mail_.body_start, mail_source(), mail_.ended)};
  for (const std::string& recipient : recipients_) request.recipients.push_back(path_of(recipient));
  Submission submission(crew_, console_, request, [this](const Secured& facts) {
    if (options_.debug) (void)console_.print(describe_tls(facts));
  });
  const SubmissionOutcome outcome = submission.run();
  report_outcome(console_, *account_, outcome);
  log(outcome, request.mail.counted_size());
  return outcome.error ? outcome.error->code : ExitCode::ok;
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

ExitCode send_mail(Options& options, const Places& places, const Console& console) {
  return SendMail(options, places, console).run();
}

}  // namespace msmtp
