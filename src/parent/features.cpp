// What the option table and the configuration know, but this version cannot do yet.
#include "parent/features.hpp"

#include "common/text.hpp"

#include <string_view>

namespace msmtp {

namespace {

std::string not_yet(std::string_view what) {
  return std::string(what) + " is not available yet";
}

}  // namespace

std::optional<std::string> unavailable_feature(const Options& options) {
  switch (options.mode) {
    case Mode::sendmail:
    case Mode::smtp_session:
    case Mode::only_print: return std::nullopt;
    case Mode::configure: return not_yet("--configure");
    case Mode::server_info: return not_yet("--serverinfo");
    case Mode::queue_start: return not_yet("--rmqs");
  }
  return std::nullopt;
}

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
