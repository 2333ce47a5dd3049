// The configuration file's grammar.
#include "parent/config.hpp"

#include "common/cursor.hpp"
#include "common/text.hpp"
#include "parent/settings.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace msmtp {

namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

class ConfigParser {
 public:
  explicit ConfigParser(const ConfigContext& context) : context_(context) {}

  Result<Config> parse(std::string_view bytes);

 private:
  enum class Section { none, defaults, account };

  Result<void> file_line(std::string_view line);
  Result<void> command(const ConfigCommand& command);
  Result<void> evaluated_line(std::string_view shell_command);
  Result<void> begin_defaults(std::string_view argument);
  Result<void> begin_account(std::string_view argument);
  Result<void> inherit(Account& account, std::string_view names) const;
  Result<void> check_new_name(std::string_view name) const;
  Result<void> setting(const SettingRow& row, std::string_view argument);

  const Account* find(std::string_view name) const;
  void add_account(Account account, std::string_view name);
  Account& current() { return section_ == Section::defaults ? defaults_ : config_.accounts.back(); }
  Unexpected wrong(std::string reason) const { return fail(ExitCode::config, std::move(reason)); }

  const ConfigContext& context_;
  Config config_;
  Account defaults_;
  Section section_ = Section::none;
  bool evaluating_ = false;
};

Result<Config> ConfigParser::parse(std::string_view bytes) {
  Cursor cursor(bytes);
  for (std::size_t number = 1; !cursor.at_end(); ++number) {
    const auto line = cursor.take_until('\n');
    cursor.skip('\n');
    auto parsed = file_line(line);
    if (parsed) continue;
    auto& error = parsed.error();
    error.text = std::string(context_.file) + ": line " + std::to_string(number) + ": " + error.text;
    return fail(std::move(error));
  }
  return std::move(config_);
}

Result<void> ConfigParser::file_line(std::string_view line) {
  if (line.size() > max_config_line) {
    return wrong("line longer than " + std::to_string(max_config_line) + " characters");
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  return command(split_config_line(line));
}

Result<void> ConfigParser::command(const ConfigCommand& command) {
  if (command.name.empty()) return {};
  if (command.name.find('\0') != std::string_view::npos || command.argument.find('\0') != std::string_view::npos) {
    return wrong("the line holds a NUL byte");
  }
  if (command.name == "eval" && !evaluating_) return evaluated_line(command.argument);
  if (command.name == "defaults") return begin_defaults(command.argument);
  if (command.name == "account") return begin_account(command.argument);
  const auto* row = find_command(command.name);
  if (row == nullptr) return wrong("unknown command " + std::string(command.name));
  return setting(*row, command.argument);
}

Result<void> ConfigParser::evaluated_line(std::string_view shell_command) {
  if (shell_command.empty()) return wrong("command eval needs an argument");
  const Secret output = TRY(context_.run_command(shell_command));
  evaluating_ = true;
  auto parsed = file_line(output.reveal());
  evaluating_ = false;
  return parsed;
}

Result<void> ConfigParser::begin_defaults(std::string_view argument) {
  if (!argument.empty()) return wrong("command defaults does not take an argument");
  section_ = Section::defaults;
  return {};
}

Result<void> ConfigParser::begin_account(std::string_view argument) {
  const auto colon = argument.find(':');
  auto account = copy_of(defaults_);
  account.given = {};
  if (colon != std::string_view::npos) TRY(inherit(account, argument.substr(colon + 1)));
  const auto name = trim_blanks(argument.substr(0, colon));
  TRY(check_new_name(name));
  add_account(std::move(account), name);
  return {};
}

// Copies what each account of the list was given, later ones over earlier ones.
Result<void> ConfigParser::inherit(Account& account, std::string_view names) const {
  for (const auto piece : split(names, ',')) {
    const auto name = without_quotes(trim_blanks(piece));
    if (name.empty()) return wrong("missing account name");
    const auto* parent = find(name);
    if (parent == nullptr) return wrong("account " + std::string(name) + " not (yet) defined");
    copy_given_settings(account, *parent);
  }
  return {};
}

Result<void> ConfigParser::check_new_name(std::string_view name) const {
  if (name.empty()) return wrong("missing account name");
  if (name.find_first_of(",:") != std::string_view::npos) {
    return wrong("an account name must not contain commas or colons");
  }
  if (find(name) != nullptr) return wrong("account " + std::string(name) + " was already defined in this file");
  if (config_.accounts.size() == max_accounts) {
    return wrong("more than " + std::to_string(max_accounts) + " accounts");
  }
  return {};
}

Result<void> ConfigParser::setting(const SettingRow& row, std::string_view argument) {
  const std::string command(row.command);
  if (argument.empty() && row.file_argument == FileArgument::required) {
    return wrong("command " + command + " needs an argument");
  }
  if (!argument.empty() && row.file_argument == FileArgument::forbidden) {
    return wrong("command " + command + " does not take an argument");
  }
  if (section_ == Section::none) add_account({}, "default");
  const bool bare = argument.empty() && row.file_argument == FileArgument::bare_is_value;
  const auto text = bare ? std::nullopt : std::optional(argument);
  const bool is_password = row.setting == Setting::password;
  if (!apply_setting(row, current(), text, {ValueOrigin::file, context_.home})) {
    const std::string shown = is_password ? "*" : std::string(argument);
    return wrong("invalid argument " + shown + " for command " + command + " (expected " + std::string(row.expected) +
                 ")");
  }
  if (is_password && !evaluating_) config_.has_password = true;
  return {};
}

const Account* ConfigParser::find(std::string_view name) const {
  const auto found = std::ranges::find(config_.accounts, name, &Account::name);
  return found == config_.accounts.end() ? nullptr : &*found;
}

void ConfigParser::add_account(Account account, std::string_view name) {
  account.name = std::string(name);
  account.file = std::string(context_.file);
  config_.accounts.push_back(std::move(account));
  section_ = Section::account;
}

}  // namespace

Result<Config> parse_config(std::string_view bytes, const ConfigContext& context) {
  return ConfigParser(context).parse(without_byte_order_mark(bytes));
}

ConfigCommand split_config_line(std::string_view line) {
  Cursor cursor(line);
  cursor.skip_blanks();
  if (cursor.next_is('#')) return {};
  const auto name = cursor.take_while([](char c) { return !is_blank(c); });
  return {name, without_quotes(trim_blanks(cursor.rest()))};
}

}  // namespace msmtp
