// The setting tls_priorities: which protocol versions, ciphers and curves TLS may use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

struct TlsPriorities {
  std::optional<std::string> protocols;
  std::optional<std::string> ciphers;
  std::optional<std::string> curves;
  std::vector<std::string> unusable;  // words that name nothing that libtls can set
  friend bool operator==(const TlsPriorities&, const TlsPriorities&) = default;
};

// Reads words separated by blanks: PROTOCOLS=value, CIPHERS=value, ECDHECURVES=value, the last of each kind wins.
// Values are not looked at: libtls knows which are good. Priority strings of other libraries end up in `unusable`.
TlsPriorities parse_tls_priorities(std::string_view text);

}  // namespace msmtp
