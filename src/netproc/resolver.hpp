// The resolver's one question: which addresses has a host?
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "common/sandbox.hpp"

namespace msmtp {

// The files and the port that the C library's resolver uses.
Grants resolver_grants();

// The addresses of the host in QUESTION, in the order that RFC 6724 gives them. EX_TEMPFAIL when name servers do not
// answer for now, EX_NOHOST when there is no such host or it has no address. Waits as long as the C library does.
Result<Resolved> resolve(const Resolve& question);

}  // namespace msmtp
