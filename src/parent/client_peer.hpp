// What the kernel tells about who is at the other end of a descriptor.
#pragma once

#include "common/fd.hpp"
#include "common/messages.hpp"
#include "parent/sender_rules.hpp"

#include <optional>

namespace msmtp {

// Nothing for what is no socket, or none that is connected over IP or on this machine.
std::optional<NewClient> peer_of(const Fd& socket);

// Whether RULES, which are for clients on this machine, leave CLIENT be served.
bool may_send(const AllowRules& rules, const std::optional<NewClient>& client);

}  // namespace msmtp
