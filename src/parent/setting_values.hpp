// The grammar of the settings' values: text in, value out.
#pragma once

#include "common/mechanism.hpp"
#include "parent/account.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// "on" or "off".
std::optional<bool> parse_switch(std::string_view text);

// "off" or a method's name in lower case; "on" is the best that the server offers.
std::optional<Authentication> parse_authentication(std::string_view text);

// "on", "off" or a facility's name.
std::optional<SyslogFacility> parse_syslog(std::string_view text);

// One certificate or public key, or several with ',' between them. A certificate's fingerprint is pairs of hex digits
// with ':' or ' ' between them, SHA-256, SHA-1 or MD5 by its length; a public key's is "spki:sha256:" and such pairs,
// 64 hex digits, or base64 (the pin of RFC 7469). Gives "sha256:", "sha1:", "md5:" or "spki:sha256:" and the digits in
// lower case, with ',' between them. Nothing for more than max_fingerprints.
std::optional<std::string> normalized_fingerprints(std::string_view text);

// That form again as people write it: upper-case pairs with ':' between them, a public key's in base64.
std::string show_fingerprint(std::string_view fingerprint);

// "never", or some of "failure", "delay", "success" with ',' between them, none twice; gives the
// NOTIFY parameter of RFC 3461, 4.1: the same in upper case.
std::optional<std::string> parse_dsn_notify(std::string_view text);

}  // namespace msmtp
