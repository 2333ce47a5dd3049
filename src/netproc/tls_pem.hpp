// Files of certificates and keys as text (RFC 7468).
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

// The blocks of TEXT whose label ends with LABEL ("CERTIFICATE" is also "X509 CERTIFICATE" and "TRUSTED CERTIFICATE"),
// with their BEGIN and END lines, and nothing of what stands around them: neither comments nor a key in the same file.
// Blocks that are not ended are left out.
std::string pem_blocks(std::string_view text, std::string_view label);

}  // namespace msmtp
