// Addresses of the envelope, wherever they came from: what may be sent at all, and what it needs.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace msmtp {

// RFC 5321, 4.5.3.1.3 speaks of 256; this is what still fits into a line of a header field (998).
inline constexpr std::size_t max_address_size = 900;
static_assert(max_address_size <= max_mailbox);

// Fails with CODE when ADDRESS could do harm between the angle brackets of MAIL or RCPT: when it holds
// a control byte, or '<' or '>' outside of a quoted local part, leaves a quote open, or is longer than
// max_address_size; or when its domain is not ASCII and has no A-labels, so that no server could be told of it. Whether
// it is a good address is for the server to say. WHAT names it in the
// message, for example "recipient address".
Result<void> check_address(std::string_view address, std::string_view what, ExitCode code);

// Whether FROM means the null reverse-path: empty, or MAILER-DAEMON in letters of any case. In header
// fields and in the log it stays as it is.
bool is_null_sender(std::string_view from);

// The parts before and after the last '@' outside of quotes; without one all is local part.
std::string_view local_part_of(std::string_view address);
std::string_view domain_of(std::string_view address);

// A local part that needs SMTPUTF8 (RFC 6531).
bool has_non_ascii_local_part(std::string_view address);
// A domain to be sent as A-labels (RFC 5890).
bool has_non_ascii_domain(std::string_view address);

// ADDRESS, which has passed check_address(), as it goes into MAIL or RCPT: an internationalized domain as A-labels
// (RFC 5890), so that no server needs to know of it.
std::string path_of(std::string_view address);

// Whether any of them has no '@' and so may be an alias.
bool has_local_name(std::span<const std::string> recipients);

}  // namespace msmtp
