// Internationalized domains in ASCII, without a library: for where the table of mappings is not at hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// DOMAIN (UTF-8) with each label that is not ASCII as its A-label: "xn--" and Punycode (RFC 3492). Of the mappings of
// UTS 46 only letters of Latin-1, Greek and Cyrillic are made lower case, and nothing is normalized: a domain that
// needs more than that gives a name that does not exist, never somebody else's. Nothing for bad UTF-8, and for labels
// of more than 63 bytes.
std::optional<std::string> to_a_labels(std::string_view domain);

}  // namespace msmtp
