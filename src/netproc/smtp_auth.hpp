// AUTH (RFC 4954): carries SASL steps between the server and the credential child, and forgets them at once.
#pragma once

#include "common/mechanism.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/channels.hpp"
#include "netproc/smtp_connection.hpp"

namespace msmtp {

// The longest AUTH command with an initial response, CRLF included (RFC 4954, 4): a longer response waits for the
// server's empty challenge.
inline constexpr std::size_t max_auth_command = 12288;

// Succeeds only with the server's 235, which the credential child then hears of. EX_UNAVAILABLE when OFFER lacks
// MECHANISM, EX_NOPERM when the server refuses, EX_PROTOCOL for challenges that are none or do not end, EX_SOFTWARE
// when the credential child cannot go on.
Result<void> authenticate(SmtpConnection& server, const Capabilities& offer, Mechanism mechanism, SaslChannel& sasl);

}  // namespace msmtp
