// Which SASL mechanism is used with a server (RFC 4954), and what it needs.
#pragma once

#include "common/mechanism.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"
#include "parent/account.hpp"

namespace msmtp {

// What carries the login.
struct Protection {
  bool tls = false;
  ChannelBinding binding;
};

// The account's mechanism, or the best of those that the server offers: without TLS only such as do not show the
// password to whoever listens, and one that binds the login to the connection only with a binding. EX_UNAVAILABLE when
// there is none.
Result<Mechanism> choose_mechanism(const Account& account, const Capabilities& capabilities,
                                   const Protection& protection);

// What the credential child is told of BINDING: with a SCRAM that does not use it, that we have it and the server does
// not offer to use it, so that a server that does notices (RFC 5802, 6).
ChannelBinding binding_to_tell(Mechanism mechanism, const Capabilities& capabilities, const ChannelBinding& binding);

bool needs_user(Mechanism mechanism);
bool needs_password(Mechanism mechanism);

// Whether the search for the account's password may end in a question to the user.
bool password_may_be_asked_for(const Account& account);

}  // namespace msmtp
