// The parts of the network child's life, for netproc_main.cpp to put in order.
#pragma once

#include "common/fd.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"
#include "common/sandbox.hpp"
#include "netproc/channels.hpp"
#include "netproc/dial.hpp"
#include "netproc/tls.hpp"

#include <memory>

namespace msmtp {

// The descriptor NUMBER that the parent left open for us, or a closed one.
Fd inherited_fd(int number);

// Every file, for reading: the paths come with the first message.
Grants files_to_prepare();
// What TLS wants: null when it is off. SIGNER is open when there is a client certificate.
Result<std::unique_ptr<TlsContext>> prepare_tls_if_wanted(const Prepare& settings, Fd signer);
// The one place that WHERE names, and the files that TLS may still need.
Grants way_to(const Connect& where, const TlsContext* tls);
Grants files_for_handshake(const TlsContext& tls);

// The way through the proxy at the other end of CONNECTION, when WHERE names one.
Result<Fd> connection_to_server(Fd connection, const Connect& where, const Prepare& settings);

// Speaks with the server on CONNECTION until the mail is delivered. The sandbox is at netproc_handshake when TLS is
// given, and at netproc_talk from the end of the handshake on.
Result<void> lead_session(Fd connection, const Prepare& settings, TlsContext* tls, ParentChannel& parent,
                          SaslChannel& sasl);

// Tells PARENT of ERROR and gives the exit code.
int report(const Error& error, ParentChannel& parent);

}  // namespace msmtp
