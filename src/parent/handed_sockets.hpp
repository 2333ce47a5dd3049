// Sockets that a service manager made for msmtpd.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"

#include <optional>
#include <vector>

namespace msmtp {

// What a service manager handed over (sd_listen_fds(3)).
struct HandedSockets {
  std::vector<Fd> listening;
  std::optional<Fd> connected;  // one client: then there is nothing else
};

// Takes what LISTEN_PID and LISTEN_FDS tell of, and the variables out of the environment. EX_CONFIG when a descriptor
// is not a socket of either kind. Nothing at all is an empty answer.
Result<HandedSockets> take_handed_sockets();

}  // namespace msmtp
