// The substitution patterns of `from` and `domain`.
#pragma once

#include "common/result.hpp"
#include "parent/account.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// What the patterns stand for. Each is only asked when its pattern occurs, and at most once for each text.
struct PatternValues {
  std::function<Result<std::string>()> mail_name;       // %M: the first line of SYSCONFDIR/mailname
  std::function<Result<std::string>()> user;            // %U
  std::function<Result<std::string>()> canonical_host;  // %C: may need the resolver
  std::function<Result<std::string>()> host;            // %H
  std::optional<std::string> mail_sender;               // %F: absent, the pattern stays as it is
};

// TEXT with %M, %U, %C, %H and %F replaced, in this order and everywhere: what one puts in, a later one
// may expand again. Control characters of the values become '?'. EX_CONFIG when the result is longer than
// a mailbox may be; else what the values failed with.
Result<std::string> expand_sender(std::string_view text, const PatternValues& values);

// The same with %M, %C and %H only, for a host name.
Result<std::string> expand_domain(std::string_view text, const PatternValues& values);

// Expands `domain` and, if there is one, `from`; then `auto_from on` replaces the sender by the user's
// name and `maildomain`.
Result<void> apply_patterns(Account& account, const PatternValues& values);

}  // namespace msmtp
