// Tokens, in a build that does not know them.
#include "authproc/signer_token.hpp"

namespace msmtp {

namespace {

Unexpected not_here(std::string_view setting, std::string_view uri) {
  return fail(ExitCode::unavailable,
              std::string(setting) + ": " + shown_uri(uri) + ": this build knows no PKCS#11 (it is --without-p11-kit)");
}

}  // namespace

Result<std::unique_ptr<SigningKey>> load_token_key(const std::string& key_uri, const std::string&, const PinSource&) {
  return not_here("tls_key_file", key_uri);
}

Result<std::string> load_token_certificate(const std::string& uri) {
  return not_here("tls_cert_file", uri);
}

}  // namespace msmtp
