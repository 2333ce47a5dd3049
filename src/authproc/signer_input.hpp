// What may be signed: the forms that a client's signature in a TLS handshake has, and nothing else. Whoever asks could
// have been taken over, and a key that signs or decrypts anything is worth more to a thief than one handshake.
#pragma once

#include "common/messages.hpp"

#include <cstddef>
#include <string_view>

namespace msmtp {

// A DigestInfo (RFC 8017, 9.2) of SHA-1 or SHA-2, or the MD5 and SHA-1 digests side by side of TLS 1.0 and 1.1.
bool is_pkcs1_digest(std::string_view input);

// The length of a SHA-1 or SHA-2 digest.
bool is_ecdsa_digest(std::string_view input);

// What EdDSA signs without a digest: the content of CertificateVerify of TLS 1.3 (RFC 8446, 4.4.3), a client's; or a
// handshake from ClientHello on, of TLS 1.2 (RFC 5246, 7.4.8).
bool is_handshake_content(std::string_view input);

// Whether INPUT can be what SCHEME signs for a key of KIND. Of rsa_pss only the size is looked at, MODULUS_SIZE bytes;
// see is_pss_block().
bool is_handshake_input(KeyKind kind, SignatureScheme scheme, std::string_view input, std::size_t modulus_size);

}  // namespace msmtp
