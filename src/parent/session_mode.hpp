// -bs: an SMTP session on standard input and standard output, whose mails are sent as others are.
#pragma once

#include "common/exit_code.hpp"
#include "parent/console.hpp"
#include "parent/options.hpp"
#include "parent/send_mail.hpp"

namespace msmtp {

// Serves one client until it leaves. Each mail is sent as "msmtp OPTIONS -f REVERSE-PATH -- RECIPIENTS" would send it,
// by a process of its own. EX_OK when the client left, whatever became of its mails, for it was told; otherwise why the
// session ended, which has been said.
ExitCode serve_smtp_session(Options& options, const Places& places, const Console& console);

}  // namespace msmtp
