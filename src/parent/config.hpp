// The configuration file's grammar: bytes in, accounts out.
#pragma once

#include "common/result.hpp"
#include "common/secret.hpp"
#include "parent/account.hpp"

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace msmtp {

// Runs a shell command and gives the first line of its output without its line end. It fails when there
// is no output, or when the command exits with anything but 0 (EX_IOERR, naming the status).
using CommandRunner = std::function<Result<Secret>(std::string_view command)>;

constexpr std::size_t max_config_line = 64 * 1024;
constexpr std::size_t max_accounts = 4096;

struct ConfigContext {
  std::string_view file;  // its name, for messages and as the accounts' origin
  std::string_view home;  // replaces a leading tilde in file names
  const CommandRunner& run_command;
};

struct Config {
  std::vector<Account> accounts;  // in the file's order
  bool has_password = false;      // a `password` command stands in the file itself, not in eval's output
};

// Parses a whole file. The password goes from BYTES into a Secret and nowhere else, so BYTES should be
// one too. Errors are "FILE: line N: reason" (EX_CONFIG; what run_command failed with for `eval`).
Result<Config> parse_config(std::string_view bytes, const ConfigContext& context);

// A line's two parts. Both point into the line.
struct ConfigCommand {
  std::string_view name;      // empty: the line is empty or a comment
  std::string_view argument;  // without blanks at its ends, then without one pair of double quotes
};

// LINE has no line end.
ConfigCommand split_config_line(std::string_view line);

}  // namespace msmtp
