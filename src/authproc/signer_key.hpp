// A private key that signs, wherever it lies.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"

#include <string>
#include <string_view>

namespace msmtp {

class SigningKey {
 public:
  virtual ~SigningKey() = default;

  virtual KeyKind kind() const = 0;
  // The public key as a SubjectPublicKeyInfo in DER; empty when only the certificate tells it.
  virtual const std::string& public_key() const = 0;
  // In DER, where it was asked for and lies beside the key; else empty.
  virtual const std::string& certificate() const = 0;
  // Bytes of an RSA modulus; 0 for other keys.
  virtual std::size_t modulus_size() const = 0;
  // Its bits.
  virtual unsigned modulus_bits() const = 0;
  // Whether a module has to be called for a signature, which needs more than memory.
  virtual bool is_on_token() const = 0;

  // The signature of INPUT: RSA's is as long as the modulus, ECDSA's is in DER (RFC 3279, 2.2.3). INPUT has been looked
  // at. EX_UNAVAILABLE when the key or its token refuses.
  virtual Result<std::string> sign(SignatureScheme scheme, std::string_view input) = 0;
};

}  // namespace msmtp
