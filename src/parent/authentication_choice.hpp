// Which SASL mechanism is used with a server (RFC 4954), and what it needs.
#pragma once

#include "common/mechanism.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"
#include "parent/account.hpp"

namespace msmtp {

// The account's mechanism, or the best of those that the server offers: without TLS only such as do not show the
// password to whoever listens. EX_UNAVAILABLE when there is none.
Result<Mechanism> choose_mechanism(const Account& account, const Capabilities& capabilities, bool secured);

bool needs_user(Mechanism mechanism);
bool needs_password(Mechanism mechanism);

// Whether the search for the account's password may end in a question to the user.
bool password_may_be_asked_for(const Account& account);

}  // namespace msmtp
