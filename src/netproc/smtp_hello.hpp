// The beginning of a session: greeting, EHLO and its like, STARTTLS.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/smtp_connection.hpp"

#include <string>

namespace msmtp {

// The first line of the server's greeting, without its code. EX_PROTOCOL when it is not 220.
Result<std::string> await_greeting(SmtpConnection& server);

// Says LHLO, or EHLO and where that is refused HELO, as NAME. EX_PROTOCOL when the server refuses them.
Result<Capabilities> say_hello(SmtpConnection& server, Protocol protocol, const Line<max_host>& name);

// Asks for TLS (RFC 3207); when it returns well, the next byte of both sides belongs to the handshake. EX_UNAVAILABLE
// when OFFER lacks it, EX_PROTOCOL when it is refused, or when plaintext follows the server's reply: somebody would
// have us take it for what the server says under TLS.
Result<void> ask_for_tls(SmtpConnection& server, const Capabilities& offer);

}  // namespace msmtp
