// The password's way into what checks it.
#pragma once

#include "authproc/verifier_credentials.hpp"
#include "common/fd.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"

#include <optional>

namespace msmtp {

// Finds the password that QUESTION asks for, as acquire_password() does, and derives the credentials, both in a process
// of its own: whatever copies of the password libraries have made are gone with it, and this process has never had it.
// Nothing when there is none. PARENT as there.
Result<std::optional<Credentials>> derive_credentials(Acquire question, const Fd& parent);

}  // namespace msmtp
