// PKCS#11 URIs, as far as they can be told without p11-kit.
#include "authproc/signer_token.hpp"

namespace msmtp {

bool is_token_uri(std::string_view path) {
  return path.starts_with("pkcs11:");
}

std::string shown_uri(std::string_view uri) {
  return std::string(uri.substr(0, uri.find('?')));
}

}  // namespace msmtp
