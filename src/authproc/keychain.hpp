// macOS's keychain through its command security(1): what the command is asked, and what its answer means.
#pragma once

#include "authproc/keyring.hpp"
#include "common/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

// The arguments that make security(1) look for the internet password of USER at HOST with the protocol SMTP, under
// which it has always been stored. "-g" and not "-w": that one prints some passwords in hexadecimal without saying so.
std::vector<std::string> keychain_arguments(std::string_view host, std::string_view user);

// The password in what the command has written to its standard error: on the first line that begins with "password:",
// between quotes, or in hexadecimal when it is not printable ASCII throughout; nothing there is the empty password.
// Nothing when there is no such line, or it is none of these.
std::optional<Secret> keychain_password(std::string_view said);

// What an exit status of the command means. It is the low byte of the system's error: 44 no such item, 36 the user
// cannot be asked, 51 and 128 the user has refused.
KeyringAnswer keychain_answer(int exit_status);

}  // namespace msmtp
