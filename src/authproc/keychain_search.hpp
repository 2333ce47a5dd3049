// Running security(1) for one password.
#pragma once

#include "authproc/keyring.hpp"
#include "common/deadline.hpp"
#include "common/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

struct KeychainFound {
  KeyringAnswer answer = KeyringAnswer::nothing;
  std::optional<Secret> password;  // when the answer is `found`
};

// What COMMAND, the path of security(1), finds for USER at HOST. It gets no input, and host and user as its only
// secrets; when DEADLINE passes before it has ended, it is killed, and the answer is `silent`.
KeychainFound search_keychain(const std::string& command, std::string_view host, std::string_view user,
                              const Deadline& deadline);

}  // namespace msmtp
