// The account of a run: from files, the environment and the command line to settings that are complete, checked, and
// shown where that is wanted. What every mode that talks to a server does first.
#pragma once

#include "common/lesser_user.hpp"
#include "common/result.hpp"
#include "parent/account.hpp"
#include "parent/config_files.hpp"
#include "parent/console.hpp"
#include "parent/options.hpp"
#include "parent/patterns.hpp"
#include "parent/places.hpp"

#include <optional>
#include <string>
#include <vector>

namespace msmtp {

class AccountSetup {
 public:
  // All three are borrowed.
  AccountSetup(const Options& options, const Places& places, const Console& console)
      : options_(options), places_(places), console_(console) {}

  // Reads the configuration files, where the options do not say that there are none. Gives up set-id rights. For the
  // unconfined stage, as is learn_names(): that reads everything else that a later stage may not, the time zone, names
  // of user and machine.
  Result<LoadedConfig> load();
  // WITH_USER: also that of the user, for which more services may be asked than for all the others.
  Result<void> learn_names(bool with_user);

  // The account that options, environment and MAIL_SENDER choose from CONFIG, complete and checked (EX_CONFIG), its
  // patterns not yet expanded. Where a mail needs a sender and nothing can name one any more, that is an error too.
  Result<Account> choose(LoadedConfig config, const std::optional<std::string>& mail_sender);

  // Runs ACCOUNT's passwordeval where a login would need it, to see whether it works; what it says is wiped unread.
  Result<void> try_passwordeval(const Account& account) const;

  // What --pretend and --debug print: how the account was found (also when there is none in the end: then it says why),
  // and its settings. Nothing without these options.
  void show_notes(const std::optional<std::string>& mail_sender) const;
  void show(const Account& account) const;

  HomeFacts home;  // filled in by load()
  // Filled in by learn_names(); %C and %F are the caller's.
  PatternValues patterns;
  std::optional<LesserUser> lesser_user;

 private:
  bool shows() const { return options_.pretend || options_.debug; }

  const Options& options_;
  const Places& places_;
  const Console& console_;
  std::vector<std::string> notes_;
  bool password_known_ = false;
  std::string sandbox_;  // how far this system lets us be confined
};

// Whether the domain, or WITH_SENDER the sender, of ACCOUNT asks for the canonical name of this machine.
bool asks_for_own_name(const Account& account, const PatternValues& values, bool with_sender);

}  // namespace msmtp
