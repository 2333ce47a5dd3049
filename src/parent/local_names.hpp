// What this machine calls the user and itself.
#pragma once

#include "common/result.hpp"
#include "parent/config_files.hpp"

#include <optional>
#include <string>

namespace msmtp {

// The variable of the environment; nothing when it is not set.
std::optional<std::string> environment_variable(const char* name);

// $USER, $LOGNAME, the login name, the password file's name of the real user, or "unknown": the first
// that is there and not empty.
std::string local_user_name();

// $HOSTNAME, the system's name, or "localhost".
std::string local_host_name();

// The home directory that the password file gives the real user; empty when there is none.
std::string passwd_home_directory();

// The surroundings of this process.
HomeFacts home_facts();

// The first line of FILE without its line end, at most 255 bytes; EX_CONFIG when the file cannot be read
// or gives nothing.
Result<std::string> read_mail_name(const std::string& file);

}  // namespace msmtp
