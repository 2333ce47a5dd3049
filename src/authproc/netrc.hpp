// The netrc grammar: who has which password at which machine.
#pragma once

#include "common/secret.hpp"

#include <optional>
#include <string_view>

namespace msmtp {

// The password of LOGIN at MACHINE (both compared byte for byte) in the text of a netrc file: the first
// entry that has one wins, and `default` entries come after all others. Nothing when there is none.
//
// Words are separated by blanks and line ends; '...' and "..." quote a part of a word, without escapes and
// within one line; "#" at the start of a word begins a comment; `macdef` skips up to an empty line; words
// that mean nothing here are skipped.
std::optional<Secret> netrc_password(std::string_view netrc, std::string_view machine, std::string_view login);

}  // namespace msmtp
