// The account of a run.
#include "parent/account_setup.hpp"

#include "common/run_command.hpp"
#include "common/sandbox.hpp"
#include "common/text.hpp"
#include "parent/account_choice.hpp"
#include "parent/describe.hpp"
#include "parent/local_names.hpp"

#include <ctime>
#include <unistd.h>
#include <utility>

namespace msmtp {

Result<void> AccountSetup::learn_names(bool with_user) {
  tzset();  // reads a file, which a later stage may not
  if (options_.debug) sandbox_ = sandbox_level().text;
  lesser_user = TRY(find_lesser_user());
  patterns.mail_name = [mail_name = read_mail_name(places_.sysconfdir + "/mailname")] { return mail_name; };
  patterns.user = [user = with_user ? local_user_name() : "unknown"] { return Result<std::string>(user); };
  patterns.host = [host = local_host_name()] { return Result<std::string>(host); };
  patterns.canonical_host = patterns.host;
  return {};
}

Result<LoadedConfig> AccountSetup::load() {
  home = home_facts();
  if (!wants_config_files(options_)) {
    TRY(drop_set_id());
    return LoadedConfig{};
  }
  ConfigRequest request;
  request.system_file = places_.sysconfdir + "/msmtprc";
  request.user_file = user_config_file(home, options_.config_file);
  request.user_file_given = options_.config_file.has_value();
  request.facts = home;
  request.run_command = [](std::string_view command) { return run_command(command, Deadline::never()); };
  request.give_up_rights = drop_set_id;
  return load_config(request, notes_);
}

Result<Account> AccountSetup::choose(LoadedConfig config, const std::optional<std::string>& mail_sender) {
  const ChoiceFacts facts{mail_sender, environment_variable("EMAIL"), environment_variable("SMTPSERVER")};
  Account account = TRY(choose_account(options_, facts, std::move(config), notes_));
  password_known_ = account.auth.wanted && (account.password || account.passwordeval);
  complete_account(account);
  const bool is_for_mail = options_.mode != Mode::server_info && options_.mode != Mode::queue_start;
  const bool sender_may_come = account.auto_from || options_.read_envelope_from;
  TRY(check_account(account, is_for_mail && !options_.pretend && !sender_may_come));
  return account;
}

Result<void> AccountSetup::try_passwordeval(const Account& account) const {
  if (!account.auth.wanted || account.password || !account.passwordeval) return {};
  TRY(run_command(*account.passwordeval, Deadline::never(), {STDERR_FILENO, ExitCode::config}));
  return {};
}

void AccountSetup::show_notes(const std::optional<std::string>& mail_sender) const {
  if (!shows()) return;
  std::string text;
  if (options_.read_envelope_from && mail_sender) {
    text = "envelope from address extracted from mail: " + printable(*mail_sender) + '\n';
  }
  for (const std::string& note : notes_) text += printable(note) + '\n';
  (void)console_.print(text);
}

void AccountSetup::show(const Account& account) const {
  if (!shows()) return;
  std::string text = describe_account(account, options_, password_known_);
  if (options_.debug) text += "sandbox = " + sandbox_ + '\n';
  (void)console_.print(text);
}

// Found out by asking, because what %M and %U stand for may have patterns in it too.
bool asks_for_own_name(const Account& account, const PatternValues& values, bool with_sender) {
  bool asks = false;
  PatternValues probe = values;
  probe.canonical_host = [&asks] {
    asks = true;
    return Result<std::string>(std::string("localhost"));
  };
  (void)expand_domain(account.domain, probe);
  if (with_sender && account.from) (void)expand_sender(*account.from, probe);
  return asks;
}

}  // namespace msmtp
