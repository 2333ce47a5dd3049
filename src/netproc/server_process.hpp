// The process that reads what an SMTP client says, from its sandbox on: it has the client's descriptors, the parent's
// channel and perhaps that of a verifier, and can do nothing else before the first byte comes. msmtp-smtpd is one, and
// each copy of msmtp-smtpd-forker.
#pragma once

#include "common/fd.hpp"

#include <optional>

namespace msmtp {

struct ServerEnds {
  Fd parent;
  std::optional<Fd> client_input;  // nothing: the client's socket comes with Serve
  std::optional<Fd> client_output;
  std::optional<Fd> login;  // the verifier, where clients may have to log in
};

// Enters Stage::server_serve, hears Serve, and serves until the client leaves. Returns the exit status of the process.
int run_server(ServerEnds ends);

}  // namespace msmtp
