// A mail of any size as a stream of chunks (BDAT, RFC 3030), of which the replies are heard on the way.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/channels.hpp"
#include "netproc/smtp_connection.hpp"

#include <cstddef>
#include <optional>

namespace msmtp {

// Asks PARENT for the content and passes it on, after an envelope that the server has accepted. All replies but that to
// the last chunk have been heard when it returns well. Errors are those of send_in_chunks.
Result<void> send_chunk_stream(SmtpConnection& server, const Capabilities& offer, ParentChannel& parent);

// The failure that a chunk's REPLY other than 250 is: EX_TEMPFAIL or EX_DATAERR for a refusal, else EX_PROTOCOL.
Unexpected chunk_refused(const Reply& reply);

// Hears so many replies after the failure is known, but does not wait long; gives the last one, when all came.
std::optional<Reply> hear_the_rest(SmtpConnection& server, std::size_t outstanding);

}  // namespace msmtp
