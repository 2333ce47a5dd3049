// The resolver's one question: which addresses has a host? Or another about names.
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

// The canonical name of the host in QUESTION, and the name of the host with that address; EX_NOHOST when there is none
// that is a host name. Likewise.
Result<OwnName> canonical_name(const AskOwnName& question);
Result<PeerName> peer_name(const AskPeerName& question);

// The server for the users of the domain in QUESTION: what its service records prefer for submission under TLS, or else
// with STARTTLS (RFC 6186, RFC 8314). Where several are equal it is always the same one. EX_NOHOST when there is none,
// EX_TEMPFAIL when name servers do not answer for now, EX_PROTOCOL when their answer cannot be read.
Result<Service> find_service(const AskService& question);

}  // namespace msmtp
