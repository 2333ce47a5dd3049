// The texts of msmtpd --version and --help.
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

// PROGRAM: argv[0] as it was given. SANDBOX: which walls hold here.
std::string daemon_version_text(std::string_view version, std::string_view platform, std::string_view sandbox);
std::string daemon_help_text(std::string_view program, std::string_view default_command);

}  // namespace msmtp
