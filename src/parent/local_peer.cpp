// Who is at the other end of a unix socket.
#include "parent/local_peer.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace msmtp {

#if defined(SO_PEERCRED) && defined(__linux__)
namespace {

constexpr auto nobody_at_all = static_cast<uid_t>(-1);  // what a socket of another family has

}  // namespace
#endif

std::optional<LocalPeer> local_peer(const Fd& client) {
#if defined(SO_PEERCRED) && defined(__linux__)
  ucred who{};
  socklen_t size = sizeof who;
  if (getsockopt(client.number(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.uid == nobody_at_all)
    return std::nullopt;
  return LocalPeer{who.uid, who.gid, static_cast<std::uint32_t>(who.pid)};
#else
  uid_t user = 0;
  gid_t group = 0;
  if (getpeereid(client.number(), &user, &group) != 0) return std::nullopt;
  return LocalPeer{user, group, 0};
#endif
}

}  // namespace msmtp
