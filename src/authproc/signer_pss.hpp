// The one thing that a key for signing must not be tricked into: raw RSA of a block that somebody else made up.
#pragma once

#include <string_view>

namespace msmtp {

// Whether BLOCK is an encoded message of RSASSA-PSS (RFC 8017, 9.1.1) for a modulus of MODULUS_BITS, as TLS uses it:
// SHA-256, SHA-384 or SHA-512 for both digest and mask, and a salt of the digest's length. A ciphertext, or a signature
// of another kind, passes by accident only, with a chance of less than one in 2^256 for a modulus of 1024 bits or more.
bool is_pss_block(std::string_view block, unsigned modulus_bits);

}  // namespace msmtp
