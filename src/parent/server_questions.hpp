// What a server is asked instead of being sent a mail.
#pragma once

#include "common/result.hpp"
#include "parent/account.hpp"
#include "parent/name_questions.hpp"
#include "parent/server_session.hpp"

#include <optional>
#include <string>

namespace msmtp {

// Connects, lets the server go again, and only then looks up its name. Gives what --serverinfo prints. SECURED is where
// SESSION puts what it hears about TLS.
Result<std::string> ask_for_information(ServerSession& session, NameQuestions& names, const Account& account,
                                        const std::optional<Secured>& secured);

// Connects, logs in where ACCOUNT says so, and has the server start the queue of ARGUMENT (RFC 1985). EX_UNAVAILABLE
// when it does not offer that, EX_DATAERR when ARGUMENT is too long.
Result<void> ask_to_start_queue(ServerSession& session, const Account& account, const std::string& argument);

}  // namespace msmtp
