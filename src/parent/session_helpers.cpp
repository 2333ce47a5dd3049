// The processes beside msmtpd that make a part of each session.
#include "parent/session_helpers.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace msmtp {

namespace {

// Who ends sooner than this after its start would do so again.
constexpr std::chrono::seconds shortest_life{1};

void add(std::vector<pollfd>& polled, int number) {
  polled.push_back({number, POLLIN, 0});  // poll(2) skips -1
}

}  // namespace

Result<void> SessionHelpers::start() {
  server_ = TRY(ForkerProcess::start_server(directory_));
  if (!login_) return {};
  StartingVerifier starting = TRY(StartingVerifier::start(directory_, *login_, false));
  verifier_ = TRY(starting.advance(Deadline::never(), log_));
  return {};
}

Result<void> SessionHelpers::order(CopyEnds ends) {
  std::array<Fd, 2> for_server;
  for_server[0] = std::move(ends.server);
  if (!ends.login) return server_->order(std::span(for_server).first(1));
  for_server[1] = std::move(*ends.login);
  TRY(server_->order(for_server));
  const std::array<Fd, 2> for_verifier{std::move(*ends.check), std::move(*ends.answer)};
  return verifier_->order(for_verifier);
}

void SessionHelpers::watch(std::vector<pollfd>& polled) const {
  const auto add_both = [&](const ForkerProcess& process) {
    add(polled, process.orders_number());
    add(polled, process.log_number());
  };
  if (server_) add_both(*server_);
  if (verifier_) add_both(*verifier_);
  if (starting_) add(polled, starting_->number());
  for (const ForkerProcess& process : old_) add_both(process);
}

void SessionHelpers::hear(Time now) {
  if (server_) hear(server_, server_attempts_, now);
  if (verifier_) hear(verifier_, verifier_attempts_, now);
  for (ForkerProcess& process : old_) (void)process.hear(log_);
  if (starting_) advance_verifier(now);
  if (server_attempts_.wanted && server_attempts_.backoff.may_try(now)) start_server(now);
  if (verifier_attempts_.wanted && !starting_ && verifier_attempts_.backoff.may_try(now)) start_verifier(now);
}

void SessionHelpers::hear(std::optional<ForkerProcess>& process, Attempts& attempts, Time now) {
  switch (process->hear(log_)) {
    case ForkerProcess::News::none: return;
    case ForkerProcess::News::crashed: return replace(process, attempts, now);
    case ForkerProcess::News::lost: return lose(process, attempts, now);
  }
}

// A copy was killed, perhaps by a client that guesses addresses. The next guess shall meet another layout. The verifier
// stays until there is another one, for that takes the password once more.
void SessionHelpers::replace(std::optional<ForkerProcess>& process, Attempts& attempts, Time now) {
  if (!attempts.replacements.take(now)) attempts.backoff.fail(now);
  attempts.wanted = true;
  if (&process == &server_) retire(process);
}

void SessionHelpers::lose(std::optional<ForkerProcess>& process, Attempts& attempts, Time now) {
  const bool was_short = now - process->started() < shortest_life;
  if (was_short || !attempts.replacements.take(now)) {
    attempts.backoff.fail(now);
  } else {
    attempts.backoff.succeed();
  }
  attempts.wanted = true;
  retire(process);
}

void SessionHelpers::retire(std::optional<ForkerProcess>& process) {
  process->retire();
  old_.push_back(std::move(*process));
  process.reset();
  ++generation_;
}

void SessionHelpers::start_server(Time now) {
  auto started = ForkerProcess::start_server(directory_);
  if (!started) return complain(server_attempts_, now, started.error());
  server_ = std::move(*started);
  server_attempts_.wanted = false;
}

void SessionHelpers::start_verifier(Time now) {
  auto started = StartingVerifier::start(directory_, *login_, false);
  if (!started) return complain(verifier_attempts_, now, started.error());
  starting_ = std::move(*started);
  verifier_attempts_.wanted = false;
}

void SessionHelpers::advance_verifier(Time now) {
  auto advanced = starting_->advance(Deadline::in(std::chrono::milliseconds(0)), log_);
  if (advanced && !*advanced) return;
  starting_.reset();
  if (!advanced) {
    // With the old one still there all goes on as before.
    verifier_attempts_.wanted = !verifier_;
    return complain(verifier_attempts_, now, advanced.error());
  }
  if (verifier_) retire(verifier_);
  verifier_ = std::move(*advanced);
}

void SessionHelpers::complain(Attempts& attempts, Time now, const Error& error) {
  attempts.backoff.fail(now);
  if (attempts.backoff.is_first()) log_.error(error.text);
}

std::optional<SessionHelpers::Time> SessionHelpers::next_start() const {
  std::optional<Time> next;
  const auto consider = [&](const Attempts& attempts) {
    if (attempts.wanted) next = next ? std::min(*next, attempts.backoff.next()) : attempts.backoff.next();
  };
  consider(server_attempts_);
  if (!starting_) consider(verifier_attempts_);
  return next;
}

bool SessionHelpers::reap(pid_t pid, int status) {
  const auto tell = [&](const ForkerProcess& process) {
    if (status != 0) log_.error(process.program() + " " + describe_wait_status(status));
  };
  const Time now = Deadline::Clock::now();
  for (auto [process, attempts] :
       {std::pair(&server_, &server_attempts_), std::pair(&verifier_, &verifier_attempts_)}) {
    if (!*process || (*process)->pid() != pid) continue;
    (void)(*process)->hear(log_);  // its last words
    lose(*process, *attempts, now);
  }
  const auto old = std::ranges::find(old_, pid, &ForkerProcess::pid);
  if (old == old_.end()) return false;
  (void)old->hear(log_);
  tell(*old);
  old_.erase(old);
  return true;
}

void SessionHelpers::finish() {
  server_attempts_.wanted = verifier_attempts_.wanted = false;
  if (server_) retire(server_);
  if (verifier_) retire(verifier_);
  starting_.reset();
}

}  // namespace msmtp
