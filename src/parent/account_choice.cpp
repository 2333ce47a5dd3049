// Which account a run uses, what the command line makes of it, and whether it can work.
#include "parent/account_choice.hpp"

#include "parent/address_match.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace msmtp {

namespace {

constexpr std::string_view default_name = "default";

// The sender that the caller named: -f or the address in the mail.
std::optional<std::string> named_sender(const Options& options, const ChoiceFacts& facts) {
  if (options.overrides.given.has(Setting::from)) return options.overrides.from.value_or("");
  return options.read_envelope_from ? facts.mail_sender : std::nullopt;
}

Account* find_name(std::vector<Account>& accounts, std::string_view name) {
  const auto found = std::ranges::find(accounts, name, &Account::name);
  return found == accounts.end() ? nullptr : &*found;
}

Account* find_sender(std::vector<Account>& accounts, std::string_view sender) {
  const auto found = std::ranges::find_if(
      accounts, [sender](const Account& account) { return account.from && address_belongs(sender, *account.from); });
  return found == accounts.end() ? nullptr : &*found;
}

Unexpected not_found(std::string_view name, const std::vector<std::string>& files) {
  std::string text = "account " + std::string(name) + " not found";
  if (files.empty()) return fail(ExitCode::config, text + ": no configuration file available");
  text += " in " + files.front();
  for (std::size_t i = 1; i < files.size(); ++i) text += " and " + files[i];
  return fail(ExitCode::config, text);
}

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

Result<Account> account_of_environment(const ChoiceFacts& facts) {
  for (const auto* value : {&facts.email, &facts.smtp_server}) {
    if (*value && !is_one_line(**value)) {
      return fail(ExitCode::config, std::string(value == &facts.email ? "EMAIL" : "SMTPSERVER") +
                                        " in the environment holds a line break");
    }
  }
  Account account;
  account.host = *facts.smtp_server;
  account.from = facts.email;
  return account;
}

// The environment counts where there is a server in it and, for a mail, a sender somewhere.
bool environment_suffices(const Options& options, const ChoiceFacts& facts, bool has_sender) {
  const bool needs_sender = options.mode == Mode::sendmail || options.mode == Mode::smtp_session;
  return facts.smtp_server && (!needs_sender || has_sender || facts.email);
}

struct Choice {
  const Options& options;
  const ChoiceFacts& facts;
  const std::optional<std::string>& sender;
  std::vector<std::string>& notes;
};

// The account before the command line's settings are put over it.
Result<Account> choose(const Choice& choice, LoadedConfig config) {
  if (choice.options.account_name) {
    auto* named = find_name(config.accounts, *choice.options.account_name);
    if (named == nullptr) return not_found(*choice.options.account_name, config.files);
    return std::move(*named);
  }
  if (choice.sender) {
    if (auto* matching = find_sender(config.accounts, *choice.sender)) {
      choice.notes.push_back("account chosen by envelope from address " + *choice.sender + ": " + matching->name);
      return std::move(*matching);
    }
  }
  choice.notes.emplace_back("falling back to default account");
  if (auto* usual = find_name(config.accounts, default_name)) return std::move(*usual);
  if (!environment_suffices(choice.options, choice.facts, choice.sender.has_value())) {
    return not_found(default_name, config.files);
  }
  choice.notes.emplace_back("using environment variables EMAIL and SMTPSERVER");
  return account_of_environment(choice.facts);
}

// The command line's settings and the mail's sender, unless the account insists on its own sender.
void put_over(Account& account, const Options& options, const std::optional<std::string>& sender) {
  const bool keeps_sender = !account.allow_from_override;
  auto own_sender = account.from;
  const bool own_given = account.given.has(Setting::from);
  copy_given_settings(account, options.overrides);
  if (keeps_sender) {
    account.from = std::move(own_sender);
    if (!own_given) account.given.remove(Setting::from);
  } else if (sender) {
    account.from = sender;
    account.given.add(Setting::from);
  }
}

Unexpected wrong(const Account& account, std::string_view reason) {
  const auto origin = origin_of(account);
  return fail(ExitCode::config, (origin.empty() ? "" : origin + ": ") + std::string(reason));
}

Result<void> check_tls(const Account& account) {
  if (account.tls && !account.host && !account.tls_host_override) {
    return wrong(account, "tls needs a host or tls_host_override to check the certificate against");
  }
  if (account.tls_key_file && !account.tls_cert_file) return wrong(account, "tls_key_file requires tls_cert_file");
  if (account.tls_cert_file && !account.tls_key_file) return wrong(account, "tls_cert_file requires tls_key_file");
  if (account.tls && !account.tls_trust_file && !account.tls_fingerprint && account.tls_certcheck) {
    return wrong(account, "tls requires tls_trust_file (best), or tls_fingerprint, or tls_certcheck off");
  }
  if (account.tls_crl_file && !account.tls_trust_file) return wrong(account, "tls_crl_file requires tls_trust_file");
  return {};
}

}  // namespace

Result<Account> choose_account(const Options& options, const ChoiceFacts& facts, LoadedConfig config,
                               std::vector<std::string>& notes) {
  const auto sender = named_sender(options, facts);
  Account account;
  if (wants_config_files(options)) account = TRY(choose({options, facts, sender, notes}, std::move(config)));
  put_over(account, options, sender);
  return account;
}

void complete_account(Account& account) {
  if (account.port == 0 && account.protocol == Protocol::smtp) {
    account.port = account.tls && !account.tls_starttls ? 465 : 25;
  }
  if (!account.tls_trust_file && !account.given.has(Setting::tls_trust_file)) account.tls_trust_file = "system";
  if (account.proxy_host && account.proxy_port == 0) account.proxy_port = 1080;
}

Result<void> check_account(const Account& account, bool needs_sender) {
  if (!account.host && !account.socket) return wrong(account, "host not set");
  if (account.port == 0 && !account.socket) return wrong(account, "port not set");
  if (needs_sender && !account.from) {
    return wrong(account, "envelope-from address is missing (set from, or use --from)");
  }
  return check_tls(account);
}

}  // namespace msmtp
