// What libtls says of a failed handshake, sorted and shortened for people and exit codes.
#pragma once

#include "common/result.hpp"

#include <string_view>

namespace msmtp {

// The error for a handshake that ended with TEXT of tls_error(3): EX_UNAVAILABLE when the certificate did not pass,
// else EX_PROTOCOL.
Error handshake_error(std::string_view text);

// The reason in an error of the TLS library: "unsupported protocol" of "error:0A000102:SSL routines::unsupported
// protocol".
std::string_view plain_reason(std::string_view text);

}  // namespace msmtp
