// From an account to helpers that know what they are to do.
#include "parent/crew_briefing.hpp"

#include "parent/local_names.hpp"
#include "parent/orders.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace msmtp {

void CrewNeeds::add(const Account& account) {
  connection = true;
  tls = tls || account.tls;
  key = key || needs_signer(account);
  login = login || account.auth.wanted;
  addresses = addresses || destination_of(account).needs_resolver;
}

Result<void> CrewBriefing::start(const CrewNeeds& needs) {
  CrewStarter starter(places_.helpers, crew_);
  if (needs.key) TRY(starter.start_signer());
  keeping_ = keeping_ || needs.keeping;
  const ProcessGroup group = keeping_ ? ProcessGroup::own : ProcessGroup::ours;
  if (needs.connection) TRY(starter.start_netproc(needs.tls, needs.login, group));
  if (needs.addresses) TRY(starter.start_resolver());
  if (needs.peer_name) TRY(starter.start_peer_resolver());
  if (!needs.own_name) return {};
  const auto host = Line<max_host>::from(local_host_name());
  if (!host) return fail(ExitCode::config, "the name of this host is too long, or holds a line break");
  TRY(starter.start_own_resolver());
  return crew_.own_resolver->send(AskOwnName{*host});
}

Result<Acquire> CrewBriefing::question_about(Account& account) const {
  return acquire_message(account, home_directory(home_) + "/.netrc", places_.sysconfdir + "/netrc");
}

Result<void> CrewBriefing::ask_signer(const Account& account, bool more_follow) {
  const Deadline soon = Deadline::in(std::chrono::seconds(30));
  const LoadKey where = TRY(load_key_message(account));
  Acquire pin = TRY(pin_message(account, home_directory(home_) + "/.netrc", places_.sysconfdir + "/netrc"));
  pin.more_follow = more_follow;
  TRY(crew_.signer->send(where, soon));
  return crew_.signer->send(pin, soon);
}

Result<void> CrewBriefing::offer(Account candidate, bool more_follow) {
  candidates_.push_back(candidate.name);
  if (candidates_.size() > max_candidates) return fail(ExitCode::config, "there are too many accounts to choose from");
  if (crew_.signer) TRY(ask_signer(candidate, more_follow));
  if (!crew_.authproc) return {};
  Acquire question = TRY(question_about(candidate));
  question.more_follow = more_follow;
  return crew_.authproc->send(question, Deadline::in(std::chrono::seconds(30)));
}

Result<Choose> CrewBriefing::choice(const Account& account) const {
  const auto chosen = std::ranges::find(candidates_, account.name);
  if (chosen == candidates_.end()) return fail(ExitCode::software, "an account has appeared that was not there before");
  return Choose{static_cast<std::uint16_t>(chosen - candidates_.begin())};
}

// Where there is nothing to sign with, the network child sees from its first message that it needs no signer. The only
// candidate there is is being asked for already.
Result<void> CrewBriefing::seek_key(const Account& account) {
  if (!crew_.signer) return {};
  if (!needs_signer(account)) {
    crew_.signer.reset();
    return {};
  }
  if (candidates_.empty()) return ask_signer(account, false);
  if (candidates_.size() == 1) return {};
  const Choose chosen = TRY(choice(account));
  return crew_.signer->send(chosen);
}

Result<void> CrewBriefing::seek_password(Account& account) {
  // Two helpers must not ask the user at the same time; and when there is no key there will be no session.
  const bool may_take_time = crew_.signer && crew_.authproc && account.auth.wanted && !account.password;
  if (!account.auth.wanted || !crew_.authproc || (may_take_time && !crew_.await_key())) {
    crew_.authproc.reset();
    return {};
  }
  if (candidates_.size() == 1) return {};
  if (!candidates_.empty()) {
    const Choose chosen = TRY(choice(account));
    return crew_.authproc->send(chosen);
  }
  const Acquire question = TRY(question_about(account));
  return crew_.authproc->send(question);
}

Result<void> CrewBriefing::seek(Account& account) {
  TRY(seek_key(account));
  TRY(seek_password(account));
  if (account.password) account.password->wipe();  // that there was one is still to be seen
  if (const Destination destination = destination_of(account); destination.needs_resolver) {
    const auto host = Line<max_host>::from(destination.host);
    if (!host) return fail(ExitCode::config, "the host name is too long");
    TRY(crew_.resolver->send(Resolve{*host}));
  }
  sought_ = true;
  return {};
}

void CrewBriefing::dismiss_credentials() {
  crew_.authproc.reset();
  crew_.signer.reset();
}

Result<void> CrewBriefing::prepare(const Account& account) {
  Prepare message = TRY(prepare_message(account, trace_));
  message.keep = keeping_;
  TRY(crew_.netproc->send(message));
  prepared_ = true;
  return {};
}

}  // namespace msmtp
