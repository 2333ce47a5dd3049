// The command line of msmtp: getopt_long's conventions and the meaning of each option, as a pure function.
#pragma once

#include "parent/account.hpp"
#include "parent/getopt.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msmtp {

enum class Mode : std::uint8_t {
  sendmail,
  only_print,    // --version, --help, -bp, -bi and nothing else
  configure,     // --configure
  server_info,   // --serverinfo
  queue_start,   // --rmqs
  smtp_session,  // -bs
};

// A complaint about the command line (EX_USAGE). What a getopt would say is printed after argv[0] as it
// was given, our own after its last component, as callers know it.
struct UsageError {
  enum class Prefix : std::uint8_t { invocation, program };
  Prefix prefix = Prefix::program;
  std::string text;
};

struct Options {
  Mode mode = Mode::sendmail;
  bool version = false;  // printed first, whatever the mode
  bool help = false;     // printed second
  // sendmail's questions about a queue and a database of aliases, neither of which is here. Answered last.
  bool list_queue = false;
  bool rebuild_aliases = false;
  bool pretend = false;
  bool debug = false;
  std::string configure_address;
  std::string queue_argument;  // of --rmqs: one line
  std::optional<std::string> config_file;
  std::optional<std::string> account_name;
  Account overrides;  // `given` says what the command line set; a host there means: no configuration files
  bool read_recipients = false;
  bool read_envelope_from = false;
  std::vector<std::string> recipients;  // words, not yet parsed as addresses
  // Of a mail that came in an SMTP session, not from the command line:
  std::vector<std::string> envelope_recipients;  // addresses as they are
  int mail_confirmation = -1;                    // for MailSource
};

// What the options' meaning depends on besides the words.
struct OptionContext {
  bool posixly_correct = false;   // options end at the first word that is none
  std::string_view home;          // replaces a leading tilde in file names
  std::string_view program = {};  // the last component of argv[0]
};

// ARGUMENTS are argv without argv[0]. Stops at the first error. A program called "mailq" or "newaliases" is asked
// for one thing only, and its arguments, which are sendmail's, are not looked at.
std::variant<Options, UsageError> parse_options(std::span<const std::string_view> arguments,
                                                const OptionContext& context);

// Every option there is, for whoever compares the documentation with the program. An entry with neither name nor letter
// is a configuration command that has no option.
std::vector<OptionSpec> option_specs();

// Whether this run reads configuration files at all: --host says no.
bool wants_config_files(const Options& options);

// The last component of argv[0]: what our own messages begin with.
std::string_view program_name(std::string_view invocation);

}  // namespace msmtp
