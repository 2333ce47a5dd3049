// Internationalized domains in ASCII, for the processes that do not link the library for it: it would cost each of them
// more at its start than all of this takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// DOMAIN (UTF-8) with each label that is not ASCII as its A-label: in lower case and composed (NFC), then "xn--" and
// Punycode (RFC 5891, RFC 3492). The other mappings of UTS 46 (wide letters, ligatures, other full stops) are not made.
// Nothing for what would need them, for what may not stand in a domain (RFC 5892), for bad UTF-8, and for labels of
// more than 63 bytes. What it gives is what libidn2 gives, where that gives anything: a test compares.
std::optional<std::string> to_a_labels(std::string_view domain);

}  // namespace msmtp
