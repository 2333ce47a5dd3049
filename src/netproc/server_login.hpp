// AUTH as a server reads and answers it (RFC 4954, 4), without the methods themselves.
#pragma once

#include "common/mechanism.hpp"
#include "common/secret.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// In the order of the offer: the one first that sends no password.
inline constexpr std::array login_mechanisms = {Mechanism::scram_sha_256, Mechanism::plain, Mechanism::login};

// "SCRAM-SHA-256 PLAIN LOGIN"
std::string login_offer();
// One of those; nothing for any other.
std::optional<Mechanism> login_mechanism(std::string_view name);

// The bytes of an initial response, "=" for none at all; nothing when it is no base64.
std::optional<Secret> decode_initial_response(std::string_view text);
// Those of a response to a challenge; nothing when it is no base64. "*" is none either: it gives up.
std::optional<Secret> decode_login_response(std::string_view text);

// The 334 line with CHALLENGE. Nothing when that is longer than a line may be.
std::optional<std::string> challenge_line(std::string_view challenge);

// How an exchange ended.
enum class LoginEnd : std::uint8_t {
  accepted,
  refused,
  cancelled,
  malformed,   // no base64, or a line with the wrong end
  too_long,    // a line, or what would have to be said
  unavailable  // the verifier is not there any more
};

}  // namespace msmtp
