// What a process does that has a client's descriptors, is confined, and has been told how to serve it.
#pragma once

#include "netproc/server_client.hpp"
#include "netproc/smtp_server.hpp"

namespace msmtp {

// Leads the session to its end. PARENT is told when that came too early, unless it has gone itself. Returns the exit
// status of the process.
int serve_client(ServerToParent& parent, ServerClient& client, const Serve& settings);

// Tells PARENT why it got no further, unless it has gone itself. Returns the exit status of the process.
int give_up_serving(ServerToParent& parent, const Error& error);

}  // namespace msmtp
