// The setting tls_priorities.
#include "netproc/tls_priorities.hpp"

#include "common/text.hpp"

namespace msmtp {

namespace {

bool take_value(std::string_view word, std::string_view key, std::optional<std::string>& value) {
  if (!word.starts_with(key)) return false;
  value = std::string(word.substr(key.size()));
  return true;
}

}  // namespace

TlsPriorities parse_tls_priorities(std::string_view text) {
  TlsPriorities result;
  for (const std::string_view piece : split(text, ' ')) {
    const std::string_view word = trim_blanks(piece);
    const bool usable = word.empty() || take_value(word, "PROTOCOLS=", result.protocols) ||
                        take_value(word, "CIPHERS=", result.ciphers) || take_value(word, "ECDHECURVES=", result.curves);
    if (!usable) result.unusable.emplace_back(word);
  }
  return result;
}

}  // namespace msmtp
