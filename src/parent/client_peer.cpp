// What the kernel tells about who is at the other end of a descriptor.
#include "parent/client_peer.hpp"

#include "common/address.hpp"
#include "common/socket_address.hpp"
#include "parent/local_peer.hpp"

#include <sys/socket.h>

namespace msmtp {

namespace {

std::optional<NewClient> local_client(const Fd& socket) {
  const auto peer = local_peer(socket);
  if (!peer) return std::nullopt;
  NewClient client;
  client.is_local = true;
  client.user = peer->user;
  client.group = peer->group;
  client.process = peer->process;
  return client;
}

}  // namespace

std::optional<NewClient> peer_of(const Fd& socket) {
  SocketAddress peer;
  SocketAddress own;
  peer.size = own.size = sizeof peer.storage;
  const bool is_connected = getpeername(socket.number(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.size) == 0 &&
                            getsockname(socket.number(), reinterpret_cast<sockaddr*>(&own.storage), &own.size) == 0;
  if (!is_connected) return std::nullopt;
  if (peer.family() == AF_UNIX) return local_client(socket);
  const auto client = endpoint_of(*peer.get(), peer.size);
  const auto ours = endpoint_of(*own.get(), own.size);
  if (!client || !ours) return std::nullopt;
  NewClient facts;
  facts.client = without_mapping(*client);
  facts.client_port = port_of(*peer.get(), peer.size);
  facts.own = without_mapping(*ours);
  facts.own_port = port_of(*own.get(), own.size);
  return facts;
}

bool may_send(const AllowRules& rules, const std::optional<NewClient>& client) {
  return !client || !client->is_local || is_allowed(rules, client->user, client->group);
}

}  // namespace msmtp
