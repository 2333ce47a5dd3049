// From an account to helpers that know what they are to do. They are started and told as early as possible: the
// password is looked for, names are resolved and TLS is prepared beside each other and beside what the parent does
// next.
#pragma once

#include "common/result.hpp"
#include "parent/account.hpp"
#include "parent/config_files.hpp"
#include "parent/crew.hpp"
#include "parent/places.hpp"

#include <string>
#include <vector>

namespace msmtp {

// Which helpers a run needs: for an account, or for any of several among which a mail will choose.
struct CrewNeeds {
  bool connection = false;
  bool keeping = false;  // another mail may follow on it, after our end
  bool tls = false;
  bool key = false;  // of a client certificate
  bool login = false;
  bool addresses = false;  // of what we connect to
  bool own_name = false;   // this machine's, for %C
  bool peer_name = false;  // of the address that we are connected to

  // What a connection for ACCOUNT needs too. The names are for the mode to say.
  void add(const Account& account);
};

class CrewBriefing {
 public:
  // Everything is borrowed. TRACE: the dialogue is wanted.
  CrewBriefing(Crew& crew, const Places& places, const HomeFacts& home, bool trace)
      : crew_(crew), places_(places), home_(home), trace_(trace) {}

  Result<void> start(const CrewNeeds& needs);

  // One of the accounts among which the mail will choose: its key and password are looked for. MORE_FOLLOW: it is not
  // the last.
  Result<void> offer(Account candidate, bool more_follow);

  // The account is known, and its domain: the network child is prepared.
  Result<void> prepare(const Account& account);
  // The account is known: its key, its password, where a login was needed, and addresses are looked for. Of
  // ACCOUNT's password no more is left than that there was one.
  Result<void> seek(Account& account);

  // There is a session already: nobody is prepared, and nothing is looked for.
  void skip() { sought_ = prepared_ = true; }

  // There will be no session: nothing is looked for any more.
  void dismiss_credentials();

  // Whether these have been done.
  bool has_sought() const { return sought_; }
  bool has_prepared() const { return prepared_; }

 private:
  Result<Acquire> question_about(Account& account) const;
  Result<void> ask_signer(const Account& account, bool more_follow);
  Result<void> seek_key(const Account& account);
  Result<void> seek_password(Account& account);
  Result<Choose> choice(const Account& account) const;

  Crew& crew_;
  const Places& places_;
  const HomeFacts& home_;
  bool trace_;
  std::vector<std::string> candidates_;  // in the order in which the credential child heard of them
  bool keeping_ = false;
  bool sought_ = false;
  bool prepared_ = false;
};

}  // namespace msmtp
