// A private key on a token: a smart card, a security module, whatever has a PKCS#11 module. Two files define this:
// signer_token_p11kit.cpp, and signer_token_none.cpp for a build without p11-kit.
#pragma once

#include "authproc/signer_key.hpp"
#include "common/secret.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// Whether PATH is a PKCS#11 URI (RFC 7512) and not a file.
bool is_token_uri(std::string_view path);

// URI as it may be shown: without its query, which may hold a PIN.
std::string shown_uri(std::string_view uri);

// Gives the PIN for what is said of the token; nothing when there is none.
using PinSource = std::function<Result<std::optional<Secret>>(std::string_view token)>;

// The key that KEY_URI names, and the certificate that CERTIFICATE_URI names, if that is not empty. The PIN is, where
// the token wants one: pin-value or pin-source of KEY_URI, then what FIND_PIN gives, and it is tried once.
// EX_NOINPUT when there is no such token or object, or the PIN is not accepted; EX_UNAVAILABLE without p11-kit.
Result<std::unique_ptr<SigningKey>> load_token_key(const std::string& key_uri, const std::string& certificate_uri,
                                                   const PinSource& find_pin);

// The certificate alone, for a key in a file: in DER.
Result<std::string> load_token_certificate(const std::string& uri);

}  // namespace msmtp
