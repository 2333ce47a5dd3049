// What the configuration knows, but this build, or the account as it is, cannot do.
#include "parent/features.hpp"

namespace msmtp {

std::optional<std::string> unavailable_feature(const Account& account) {
  if (account.auth.wanted && account.auth.mechanism && !is_available(*account.auth.mechanism)) {
    return "authentication method " + std::string(name(*account.auth.mechanism)) + " is not in this build";
  }
  if (account.auth.wanted && account.auth.mechanism && binds_channel(*account.auth.mechanism) && !account.tls) {
    return "authentication method " + std::string(name(*account.auth.mechanism)) + " needs tls on";
  }
  return std::nullopt;
}

}  // namespace msmtp
