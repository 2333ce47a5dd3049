// The network child's ends of its channels.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"

namespace msmtp {

using ParentChannel = Channel<FromNetproc, ToNetproc>;
using SaslChannel = Channel<SaslFromServer, SaslFromClient>;

}  // namespace msmtp
