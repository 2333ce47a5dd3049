// Who is at the other end of a unix socket, as the kernel knows it.
#pragma once

#include "common/fd.hpp"

#include <cstdint>
#include <optional>

namespace msmtp {

struct LocalPeer {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  std::uint32_t process = 0;  // 0 where the kernel does not tell, or cannot: it has none here
};

// Those with which CLIENT was connected; nothing when CLIENT is no such socket.
std::optional<LocalPeer> local_peer(const Fd& client);

}  // namespace msmtp
