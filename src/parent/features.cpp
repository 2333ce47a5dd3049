// What the option table and the configuration know, but this version cannot do yet.
#include "parent/features.hpp"

#include "common/text.hpp"

#include <string_view>

namespace msmtp {

namespace {

std::string not_yet(std::string_view what) {
  return std::string(what) + " is not available yet";
}

bool is_token_uri(const std::optional<std::string>& file) {
  return file && file->starts_with("pkcs11:");
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
    return not_yet("authentication method " + std::string(name(*account.auth.mechanism)));
  }
  if (account.tls && is_token_uri(account.tls_cert_file)) return not_yet("a PKCS#11 URI as tls_cert_file");
  if (account.tls && is_token_uri(account.tls_key_file)) return not_yet("a PKCS#11 URI as tls_key_file");
  return std::nullopt;
}

}  // namespace msmtp
