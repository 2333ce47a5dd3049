// Which configuration files there are, how they are read, and what they give together.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"
#include "parent/account.hpp"
#include "parent/config.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace msmtp {

constexpr std::size_t max_config_file = 4 * 1024 * 1024;

// What of the user's surroundings decides where files are. Under set-id the variables belong to a
// stranger and are not looked at.
struct HomeFacts {
  std::optional<std::string> home;             // $HOME
  std::optional<std::string> xdg_config_home;  // $XDG_CONFIG_HOME
  std::string passwd_home;                     // of the real user, where $HOME does not count; empty: none
  uid_t effective_user = 0;
  bool is_set_id = false;
};

// $HOME, or what the password file says, or nothing.
std::string home_directory(const HomeFacts& facts);

// The user's configuration file: GIVEN (-C) as it is, or the first of ~/.msmtprc and
// $XDG_CONFIG_HOME/msmtp/config (~/.config/msmtp/config) that exists, or else ~/.msmtprc.
std::string user_config_file(const HomeFacts& facts, const std::optional<std::string>& given);

// The whole of a file in pages that are wiped. Errors are EX_IOERR with "FILE: reason".
Result<Secret> read_config_file(const Fd& fd, const std::string& file);

// A file that holds a password belongs to its user and nobody else may touch it: EX_CONFIG otherwise.
// Looks at the open descriptor, so that nobody can exchange the file in between.
Result<void> check_secret_file(const Fd& fd, const std::string& file, uid_t effective_user);

struct ConfigRequest {
  std::string system_file;
  std::string user_file;
  bool user_file_given = false;  // -C: then it must be there
  HomeFacts facts;
  CommandRunner run_command;  // for `eval`
  // Called after the system's file was opened and before anything else is done with it: a set-id
  // program gives up its rights here, so that commands and the user's own file get none of them.
  std::function<Result<void>()> give_up_rights;
};

struct LoadedConfig {
  std::vector<Account> accounts;   // the system's that the user did not redefine, then the user's
  std::vector<std::string> files;  // those that were read: the system's first
};

// Reads both files. NOTES gets the lines that -P and -d show, also when the result is an error: what was
// loaded, what was ignored and why.
Result<LoadedConfig> load_config(const ConfigRequest& request, std::vector<std::string>& notes);

}  // namespace msmtp
