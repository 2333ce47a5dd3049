// What a run tells the user: the end of a submission on stderr, the dialogue and TLS on stdout.
#pragma once

#include "common/child_log_reader.hpp"
#include "common/messages.hpp"
#include "parent/account.hpp"
#include "parent/console.hpp"
#include "parent/submission.hpp"

#include <string>
#include <string_view>

namespace msmtp {

// One line for the error, one for each line of the server's reply.
void report_error(const Console& console, const Error& error);

// The lines after a submission that failed: each recipient refused although others were not, the error, and which
// account it was.
void report_outcome(const Console& console, const Account& account, const SubmissionOutcome& outcome);

// A helper's log record: warnings to stderr; with DEBUG the dialogue to stdout as "--> " and "<-- " lines. Without it
// nobody asked for a dialogue, so one that comes is nothing that the user should see.
void report_record(const Console& console, const LogRecord& record, bool debug);

// The lines about a TLS session, as --serverinfo and --debug show them.
std::string describe_tls(const Secured& facts);

}  // namespace msmtp
