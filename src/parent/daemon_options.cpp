// The table of msmtpd's options and what each does.
#include "parent/daemon_options.hpp"

#include "common/text.hpp"
#include "parent/getopt.hpp"

#include <limits>
#include <span>

namespace msmtp {

namespace {

constexpr std::uint32_t most_sessions = 100'000;
constexpr std::uint32_t most_recipients = 10'000;
constexpr std::uint32_t most_seconds = 1'000'000;

struct Parse {
  DaemonOptions options;
  bool version = false;
  bool help = false;
  bool inetd = false;
};

Unexpected invalid(std::string_view option, std::string_view value, std::string_view expected) {
  return fail(ExitCode::usage, "invalid argument '" + std::string(value) + "' for --" + std::string(option) + ": " +
                                   std::string(expected) + " is expected");
}

Result<std::uint32_t> number(std::string_view option, std::string_view text, std::uint32_t least, std::uint32_t most) {
  const auto value = parse_decimal(text, most);
  if (value && *value >= least) return static_cast<std::uint32_t>(*value);
  return invalid(option, text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
}

// ---- what each option does ----

Result<void> set_version(Parse& parse, std::string_view) {
  parse.version = true;
  return {};
}

Result<void> set_help(Parse& parse, std::string_view) {
  parse.help = true;
  return {};
}

Result<void> set_inetd(Parse& parse, std::string_view) {
  parse.inetd = true;
  return {};
}

Result<void> set_lmtp(Parse& parse, std::string_view) {
  parse.options.lmtp = true;
  return {};
}

Result<void> add_interface(Parse& parse, std::string_view text) {
  parse.options.interfaces.push_back(TRY(parse_interface(text)));
  parse.options.names_addresses = true;
  return {};
}

Result<void> add_port(Parse& parse, std::string_view text) {
  parse.options.ports.push_back(TRY(parse_port(text)));
  parse.options.names_addresses = true;
  return {};
}

Result<void> set_log(Parse& parse, std::string_view text) {
  parse.options.log = parse_log_choice(text);
  return {};
}

Result<void> set_command(Parse& parse, std::string_view text) {
  parse.options.command = std::string(text);
  return {};
}

Result<void> set_auth(Parse& parse, std::string_view text) {
  const auto comma = text.find(',');
  LoginOptions login{std::string(text.substr(0, comma)), {}};
  if (comma != std::string_view::npos) login.password_command = std::string(text.substr(comma + 1));
  if (login.user.empty() || (comma != std::string_view::npos && login.password_command.empty())) {
    return invalid("auth", text, "USER or USER,PASSWORDEVAL");
  }
  parse.options.login = std::move(login);
  return {};
}

Result<void> set_user(Parse& parse, std::string_view text) {
  parse.options.user = std::string(text);
  return {};
}

Result<void> set_group(Parse& parse, std::string_view text) {
  parse.options.group = std::string(text);
  return {};
}

Result<void> set_max_sessions(Parse& parse, std::string_view text) {
  parse.options.max_sessions = TRY(number("max-sessions", text, 1, most_sessions));
  return {};
}

std::uint64_t unit_of(char suffix) {
  switch (suffix) {
    case 'k':
    case 'K': return 1ULL << 10;
    case 'm':
    case 'M': return 1ULL << 20;
    case 'g':
    case 'G': return 1ULL << 30;
    default: return 1;
  }
}

Result<void> set_max_size(Parse& parse, std::string_view text) {
  const std::uint64_t unit = unit_of(text.back());
  const std::string_view digits = unit == 1 ? text : text.substr(0, text.size() - 1);
  const auto count = parse_decimal(digits, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit);
  if (!count) return invalid("max-size", text, "a number of octets, perhaps with k, M or G behind it,");
  parse.options.max_size = *count * unit;
  return {};
}

Result<void> set_max_recipients(Parse& parse, std::string_view text) {
  parse.options.max_recipients = TRY(number("max-recipients", text, 1, most_recipients));
  return {};
}

Result<void> set_timeout(Parse& parse, std::string_view text) {
  parse.options.idle_seconds = TRY(number("timeout", text, 1, most_seconds));
  return {};
}

Result<void> set_session_timeout(Parse& parse, std::string_view text) {
  parse.options.total_seconds = text == "off" ? 0 : TRY(number("session-timeout", text, 0, most_seconds));
  return {};
}

Result<void> add_allowed_user(Parse& parse, std::string_view text) {
  parse.options.allowed.users.push_back(TRY(parse_user(text)));
  return {};
}

Result<void> add_allowed_group(Parse& parse, std::string_view text) {
  parse.options.allowed.groups.push_back(TRY(parse_group(text)));
  return {};
}

Result<void> add_sender_rule(Parse& parse, std::string_view text) {
  parse.options.senders.push_back(TRY(parse_sender_rule(text)));
  return {};
}

// ---- the table ----

using Action = Result<void> (*)(Parse&, std::string_view);

struct DaemonOption {
  OptionSpec spec;
  Action act;
};

constexpr auto none = OptionArgument::none;
constexpr auto required = OptionArgument::required;

constexpr DaemonOption table[] = {
    {{"version", '\0', none}, set_version},
    {{"help", '\0', none}, set_help},
    {{"inetd", '\0', none}, set_inetd},
    {{"lmtp", '\0', none}, set_lmtp},
    {{"interface", '\0', required}, add_interface},
    {{"port", '\0', required}, add_port},
    {{"log", '\0', required}, set_log},
    {{"command", '\0', required}, set_command},
    {{"auth", '\0', required}, set_auth},
    {{"user", '\0', required}, set_user},
    {{"group", '\0', required}, set_group},
    {{"max-sessions", '\0', required}, set_max_sessions},
    {{"max-size", '\0', required}, set_max_size},
    {{"max-recipients", '\0', required}, set_max_recipients},
    {{"timeout", '\0', required}, set_timeout},
    {{"session-timeout", '\0', required}, set_session_timeout},
    {{"allow-user", '\0', required}, add_allowed_user},
    {{"allow-group", '\0', required}, add_allowed_group},
    {{"from", '\0', required}, add_sender_rule},
};

std::vector<OptionSpec> specs_of_table() {
  std::vector<OptionSpec> specs;
  for (const DaemonOption& option : table) specs.push_back(option.spec);
  return specs;
}

Result<void> read_words(Parse& parse, std::span<const std::string_view> words) {
  const std::vector<OptionSpec> specs = specs_of_table();
  OptionReader reader(specs, words, false);
  for (auto next = reader.next(); !std::holds_alternative<std::monostate>(next); next = reader.next()) {
    if (auto* complaint = std::get_if<std::string>(&next)) return fail(ExitCode::usage, std::move(*complaint));
    const FoundOption& found = std::get<FoundOption>(next);
    const DaemonOption& option = table[found.index];
    if (found.argument && found.argument->empty()) {
      return fail(ExitCode::usage, "option '--" + std::string(option.spec.name) + "' has an empty argument");
    }
    TRY(option.act(parse, found.argument.value_or(std::string_view())));
  }
  if (!reader.take_rest().empty()) return fail(ExitCode::usage, "too many arguments");
  return {};
}

bool has_inet_interface(const DaemonOptions& options) {
  for (const Interface& interface : options.interfaces) {
    if (std::holds_alternative<InetInterface>(interface)) return true;
  }
  return false;
}

Result<void> fill_addresses(DaemonOptions& options) {
  if (options.interfaces.empty()) options.interfaces.push_back(TRY(parse_interface("127.0.0.1")));
  if (!options.ports.empty() && !has_inet_interface(options)) {
    return fail(ExitCode::usage, "--port is for addresses, and --interface names none");
  }
  if (options.ports.empty()) options.ports.push_back(25);
  return {};
}

DaemonMode mode_of(const Parse& parse) {
  if (parse.version) return DaemonMode::version;
  if (parse.help) return DaemonMode::help;
  return parse.inetd ? DaemonMode::inetd : DaemonMode::listen;
}

}  // namespace

Result<DaemonOptions> parse_daemon_options(const std::vector<std::string>& arguments,
                                           std::string_view default_command) {
  Parse parse;
  parse.options.command = std::string(default_command);
  const std::vector<std::string_view> words(arguments.begin(), arguments.end());
  TRY(read_words(parse, words));
  TRY(fill_addresses(parse.options));
  parse.options.mode = mode_of(parse);
  return std::move(parse.options);
}

}  // namespace msmtp
