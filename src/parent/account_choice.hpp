// Which account a run uses, what the command line makes of it, and whether it can work.
#pragma once

#include "common/result.hpp"
#include "parent/account.hpp"
#include "parent/config_files.hpp"
#include "parent/options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace msmtp {

struct ChoiceFacts {
  std::optional<std::string> mail_sender;  // with --read-envelope-from: the address found in the mail
  std::optional<std::string> email;        // $EMAIL and $SMTPSERVER: an account where there is no other
  std::optional<std::string> smtp_server;
};

// The account of --host, of --account, of the first matching envelope sender, "default" or the
// environment, in this order, with the command line's settings over its own. NOTES gets the lines that
// -P and -d show, also when the result is an error. Errors are EX_CONFIG.
Result<Account> choose_account(const Options& options, const ChoiceFacts& facts, LoadedConfig config,
                               std::vector<std::string>& notes);

// Fills in what depends on other settings: ports and the trust in the system's authorities.
void complete_account(Account& account);

// Whether the settings go together; the first that does not is the error (EX_CONFIG), as "account NAME
// from FILE: reason" when the account came from a file. A sender is only asked for with NEEDS_SENDER.
Result<void> check_account(const Account& account, bool needs_sender);

}  // namespace msmtp
