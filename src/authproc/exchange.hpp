// The exchange itself: challenges in, responses out, under the strictest row of the table of rights.
#pragma once

#include "authproc/sasl.hpp"
#include "common/channel.hpp"
#include "common/exit_code.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"
#include "common/secret.hpp"

#include <optional>

namespace msmtp {

using ToParent = Channel<FromAuthproc, ToAuthproc>;
using ToNetprocEnd = Channel<SaslFromClient, SaslFromServer>;

// Answers challenges until the server has accepted, and tells the parent how it ended: Completed or Failed.
// FIRST is the initial response, if there is one. Gives the exit code that fits; errors are those of the
// channels, about which the parent has not been told.
Result<ExitCode> lead_exchange(SaslClient& sasl, std::optional<Secret> first, ToNetprocEnd& netproc, ToParent& parent);

}  // namespace msmtp
