// The table of options and what each does.
#include "parent/options.hpp"

#include "common/text.hpp"
#include "parent/settings.hpp"

#include <utility>

namespace msmtp {

namespace {

using Argument = std::optional<std::string_view>;
using Complaint = std::optional<UsageError>;

// What the words have said so far.
struct Parse {
  Options options;
  ValueContext values;
  bool configure = false;
  bool server_info = false;
  bool queue_start = false;
  char operation = 'm';  // of -b
};

UsageError complaint(std::string text) {
  return {UsageError::Prefix::program, std::move(text)};
}

// ---- the options that are no settings ----

Complaint ask_version(Parse& parse, Argument) {
  parse.options.version = true;
  return {};
}

Complaint ask_help(Parse& parse, Argument) {
  parse.options.help = true;
  return {};
}

Complaint pretend(Parse& parse, Argument) {
  parse.options.pretend = true;
  return {};
}

// "-d0.1" is how sendmail is asked for its version.
Complaint debug(Parse& parse, Argument argument) {
  parse.options.debug = true;
  if (argument == "0.1") parse.options.version = true;
  return {};
}

Complaint configure(Parse& parse, Argument argument) {
  if (argument->find_first_of("\r\n") != std::string_view::npos) {
    return complaint("invalid argument " + std::string(*argument) + " for --configure (expected a mail address)");
  }
  parse.configure = true;
  parse.options.configure_address = std::string(*argument);
  return {};
}

Complaint modes_conflict(const Parse& parse) {
  if (!parse.server_info || !parse.queue_start) return {};
  return complaint("cannot use both --serverinfo and --rmqs");
}

Complaint server_info(Parse& parse, Argument) {
  parse.server_info = true;
  return modes_conflict(parse);
}

Complaint queue_start(Parse& parse, Argument argument) {
  if (argument->find_first_of("\r\n") != std::string_view::npos) {
    return complaint("invalid argument " + std::string(*argument) + " for --rmqs (expected a host, @domain or #queue)");
  }
  parse.queue_start = true;
  parse.options.queue_argument = std::string(*argument);
  return modes_conflict(parse);
}

Complaint config_file(Parse& parse, Argument argument) {
  parse.options.config_file = std::string(*argument);
  return {};
}

Complaint host_and_account_conflict(const Options& options) {
  if (!options.account_name || !options.overrides.given.has(Setting::host)) return {};
  return complaint("cannot use both --host and --account");
}

Complaint senders_conflict(const Options& options) {
  if (!options.read_envelope_from || !options.overrides.given.has(Setting::from)) return {};
  return complaint("cannot use both --from and --read-envelope-from");
}

Complaint account(Parse& parse, Argument argument) {
  parse.options.account_name = std::string(*argument);
  return host_and_account_conflict(parse.options);
}

Complaint read_recipients(Parse& parse, Argument) {
  parse.options.read_recipients = true;
  return {};
}

Complaint read_envelope_from(Parse& parse, Argument) {
  parse.options.read_envelope_from = true;
  return senders_conflict(parse.options);
}

// sendmail's -b: 'm' is what we do anyway, 's' speaks SMTP on standard input, 'p' and 'i' are mailq and newaliases.
Complaint operation_mode(Parse& parse, Argument argument) {
  if (argument->size() != 1 || argument->find_first_of("mspi") != 0) {
    return complaint("unsupported operation mode b" + std::string(*argument) +
                     " (only -bm, -bs, -bp and -bi are known)");
  }
  parse.operation = argument->front();
  return {};
}

Complaint ignore(Parse&, Argument) {
  return {};
}

struct PlainOption {
  OptionSpec spec;
  Complaint (*apply)(Parse& parse, Argument argument);
};

constexpr auto none = OptionArgument::none;
constexpr auto required = OptionArgument::required;
constexpr auto optional = OptionArgument::optional;

constexpr PlainOption plain_options[] = {
    {{"version", '\0', none}, ask_version},
    {{"help", '\0', none}, ask_help},
    {{"pretend", 'P', none}, pretend},
    {{"debug", 'd', optional}, debug},
    {{"", 'v', none}, debug},
    {{"configure", '\0', required}, configure},
    {{"serverinfo", 'S', none}, server_info},
    {{"rmqs", '\0', required}, queue_start},
    {{"file", 'C', required}, config_file},
    {{"account", 'a', required}, account},
    {{"read-recipients", 't', none}, read_recipients},
    {{"read-envelope-from", '\0', none}, read_envelope_from},
    {{"", 'b', required}, operation_mode},
    // What sendmail has and nobody here needs.
    {{"", 'A', required}, ignore},
    {{"", 'B', required}, ignore},
    {{"", 'G', none}, ignore},
    {{"", 'h', required}, ignore},
    {{"", 'i', none}, ignore},
    {{"", 'L', required}, ignore},
    {{"", 'm', none}, ignore},
    {{"", 'n', none}, ignore},
    {{"", 'O', required}, ignore},
    {{"", 'o', required}, ignore},
};

// ---- the options that are settings ----

std::string shown_name(const SettingRow& row) {
  return row.option.empty() ? "-" + std::string(1, row.letter) : "--" + std::string(row.option);
}

Complaint apply_row(Parse& parse, const SettingRow& row, Argument argument) {
  if (!apply_setting(row, parse.options.overrides, argument, parse.values)) {
    return complaint("invalid argument " + std::string(argument.value_or("")) + " for " + shown_name(row) +
                     " (expected " + std::string(row.expected) + ")");
  }
  if (auto conflict = host_and_account_conflict(parse.options)) return conflict;
  return senders_conflict(parse.options);
}

Complaint apply_option(Parse& parse, const FoundOption& found) {
  const auto plain_count = std::size(plain_options);
  if (found.index < plain_count) return plain_options[found.index].apply(parse, found.argument);
  return apply_row(parse, setting_rows()[found.index - plain_count], found.argument);
}

Mode mode_of(const Parse& parse) {
  if (parse.configure) return Mode::configure;
  if (parse.options.version || parse.options.help) return Mode::only_print;
  if (parse.server_info) return Mode::server_info;
  if (parse.queue_start) return Mode::queue_start;
  if (parse.operation == 's') return Mode::smtp_session;
  return parse.operation == 'm' ? Mode::sendmail : Mode::only_print;
}

void finish(Parse& parse) {
  parse.options.mode = mode_of(parse);
  const bool only_print = parse.options.mode == Mode::only_print;
  parse.options.list_queue = only_print && parse.operation == 'p';
  parse.options.rebuild_aliases = only_print && parse.operation == 'i';
}

// What the program is asked for by the name that it was called; nothing for most names.
std::optional<Options> options_of_name(std::string_view program) {
  if (program != "mailq" && program != "newaliases") return std::nullopt;
  Parse parse;
  parse.operation = program == "mailq" ? 'p' : 'i';
  finish(parse);
  return std::move(parse.options);
}

}  // namespace

std::variant<Options, UsageError> parse_options(std::span<const std::string_view> arguments,
                                                const OptionContext& context) {
  if (auto options = options_of_name(context.program)) return *std::move(options);
  const auto specs = option_specs();
  OptionReader reader(specs, arguments, context.posixly_correct);
  Parse parse;
  parse.values = {ValueOrigin::command_line, context.home};
  for (;;) {
    const auto next = reader.next();
    if (const auto* text = std::get_if<std::string>(&next)) return UsageError{UsageError::Prefix::invocation, *text};
    const auto* found = std::get_if<FoundOption>(&next);
    if (found == nullptr) break;
    if (auto error = apply_option(parse, *found)) return *std::move(error);
  }
  for (const auto word : reader.take_rest()) parse.options.recipients.emplace_back(word);
  if ((parse.server_info || parse.queue_start) && !parse.options.recipients.empty()) {
    return complaint("too many arguments: " + std::string(parse.server_info ? "--serverinfo" : "--rmqs") +
                     " takes no recipients");
  }
  finish(parse);
  if (parse.options.mode == Mode::smtp_session && parse.options.pretend) {
    return complaint("cannot use both -bs and --pretend");
  }
  return std::move(parse.options);
}

// Both tables as one, the plain options first.
std::vector<OptionSpec> option_specs() {
  std::vector<OptionSpec> specs;
  for (const auto& option : plain_options) specs.push_back(option.spec);
  for (const auto& row : setting_rows()) specs.push_back({row.option, row.letter, row.option_argument});
  return specs;
}

bool wants_config_files(const Options& options) {
  return !options.overrides.given.has(Setting::host);
}

std::string_view program_name(std::string_view invocation) {
  const auto slash = invocation.rfind('/');
  return slash == std::string_view::npos ? invocation : invocation.substr(slash + 1);
}

}  // namespace msmtp
