// What msmtp-keyring is asked, whichever key ring it is built for.
#pragma once

#include "common/fd.hpp"

#include <optional>
#include <string>

namespace msmtp {

struct KeyringQuestion {
  std::string host;
  std::string user;
};

// Reads INPUT to its end: host, NUL, user. Nothing when there is no NUL, or far too much.
std::optional<KeyringQuestion> read_keyring_question(const Fd& input);

}  // namespace msmtp
