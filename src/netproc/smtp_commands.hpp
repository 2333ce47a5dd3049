// Commands to the server. They are built from Line values alone, so that nothing that came from outside can end
// one command and begin another.
#pragma once

#include "common/bounded.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

#include <cstddef>

namespace msmtp {

// A command without its CRLF.
inline constexpr std::size_t max_command = 8190;
using CommandLine = Line<max_command>;

// All of them: EX_DATAERR when the command would be longer than max_command, and MAIL and RCPT when an address has,
// outside its quotes, a byte that would end the path (RFC 5321, 4.1.2).
Result<CommandLine> ehlo_command(const Line<max_host>& name);
Result<CommandLine> helo_command(const Line<max_host>& name);
Result<CommandLine> lhlo_command(const Line<max_host>& name);
// MAIL with those parameters that ENVELOPE asks for and OFFER has (RFC 5321, 1870, 6152, 3461, 6531).
Result<CommandLine> mail_command(const Envelope& envelope, const Capabilities& offer);
// RCPT, with NOTIFY when ENVELOPE asks for it.
Result<CommandLine> rcpt_command(const Recipient& recipient, const Envelope& envelope);
// BDAT for a chunk of so many octets (RFC 3030), the LAST of the mail or not.
CommandLine bdat_command(std::size_t octets, bool last);
// ETRN (RFC 1985).
Result<CommandLine> etrn_command(const Line<max_queue_argument>& argument);
// A command that needs no argument, or one that we write ourselves: "DATA", "AUTH PLAIN".
CommandLine fixed_command(std::string_view text);

}  // namespace msmtp
