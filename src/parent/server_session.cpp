// One connection to the server.
#include "parent/server_session.hpp"

#include "common/address.hpp"
#include "common/child.hpp"
#include "parent/message_fields.hpp"
#include "parent/orders.hpp"
#include "parent/proxy.hpp"

#include <poll.h>
#include <utility>

namespace msmtp {

using std::chrono::seconds;

// ---- connection ----

Result<Capabilities> ServerSession::open() {
  if (resumed_) {
    if (facts_.secured) secured_(facts_.security);
    return facts_.capabilities;
  }
  TRY(start());
  TRY(reach());
  facts_.capabilities = TRY(hear_capabilities());
  return facts_.capabilities;
}

void ServerSession::resume(SessionFacts facts) {
  facts_ = std::move(facts);
  resumed_ = true;
}

Result<std::vector<Endpoint>> ServerSession::endpoints(const Destination& destination) {
  if (destination.numeric) return std::vector<Endpoint>{*destination.numeric};
  if (is_onion_name(destination.host)) {
    return fail(ExitCode::no_host,
                "cannot locate host " + destination.host + ": onion services are reached through a proxy only");
  }
  if (!destination.needs_resolver) return std::vector<Endpoint>{};
  const Deadline limit = step_limit(resolve_timer);
  std::vector<Crew::Polled> polled{{crew_.resolver->fd().number(), POLLIN}};
  if (!crew_.wait(polled, limit)) {
    return fail(ExitCode::temporary_failure, "cannot locate host " + destination.host + ": the operation timed out");
  }
  auto answer = TRY((crew_.resolver->expect<Resolved, Failed>(limit)));
  crew_.resolver->close();
  if (const Failed* failure = std::get_if<Failed>(&answer)) return fail(error_of(*failure));
  const auto found = std::get<Resolved>(answer).endpoints.items();
  if (found.empty()) return Unexpected{crew_.resolver->socket().lied("an answer without addresses")};
  return std::vector<Endpoint>(found.begin(), found.end());
}

bool ServerSession::asks_user_first() const {
  return crew_.authproc && !account_.passwordeval && password_may_be_asked_for(account_);
}

Result<void> ServerSession::connect() {
  const std::vector<Endpoint> found = TRY(endpoints(destination_of(account_)));
  const Connect message = TRY(connect_message(account_, found));
  TRY(crew_.netproc->send(message, step_limit(reply_timer)));
  connecting_ = true;
  return {};
}

void ServerSession::begin() {
  if (resumed_) return;
  if (!crew_.signer && !asks_user_first() && !destination_of(account_).needs_resolver) (void)connect();
}

// The user is asked for a password before there is a server that waits for it.
Result<void> ServerSession::start() {
  if (resumed_ || std::exchange(started_, true)) return {};
  credential_ = crew_.authproc ? Credential::acquiring : Credential::none;
  TRY(crew_.await_key());
  if (asks_user_first()) TRY(await_credential(Credential::acquired, Deadline::never()));
  return connecting_ ? Result<void>() : connect();
}

Result<void> ServerSession::reach() {
  facts_.connected = TRY(hear_one<Connected>(step_limit(reply_timer)));
  // Wherever the proxy is, the server is somewhere else.
  peer_is_this_machine_ = !is_proxied(account_) && (facts_.connected.local || is_loopback(facts_.connected.endpoint));
  return {};
}

// The proxy, greeting, EHLO, STARTTLS, handshake and the second EHLO are timed one by one by the network child.
Result<Capabilities> ServerSession::hear_capabilities() {
  const unsigned proxy_steps = is_proxied(account_) ? 1 : 0;
  if (account_.tls) {
    facts_.security = TRY(hear_one<Secured>(step_limit(reply_timer, 5 + proxy_steps)));
    facts_.secured = true;
    protection_ = {true, facts_.security.binding};
    if (crew_.signer) crew_.signer->close();
    crew_.drain_logs();
    secured_(facts_.security);
  }
  return hear_one<Capabilities>(step_limit(reply_timer, 3 + proxy_steps));
}

// ---- authentication ----

Result<void> ServerSession::authenticate(const Capabilities& capabilities) {
  const Mechanism mechanism = TRY(choose_mechanism(account_, capabilities, protection_));
  TRY(await_credential(Credential::acquired, Deadline::never()));
  if (needs_user(mechanism) && !account_.user) {
    return fail(ExitCode::unavailable, "authentication method " + std::string(name(mechanism)) + " needs a user name");
  }
  if (needs_password(mechanism) && !password_found_) {
    return fail(ExitCode::unavailable, "authentication method " + std::string(name(mechanism)) + " needs a password");
  }
  TRY(warn_of_cleartext(mechanism));
  Begin begin;
  begin.mechanism = mechanism;
  begin.service = *Text<64>::from("smtp");
  begin.port = account_.socket ? 0 : account_.port;
  begin.binding = binding_to_tell(mechanism, capabilities, protection_.binding);
  TRY(set_field(begin.domain, account_.ntlmdomain, "ntlmdomain"));
  TRY(crew_.authproc->send(begin, step_limit(reply_timer)));
  credential_ = Credential::beginning;
  TRY(await_seal(mechanism));
  TRY(crew_.netproc->send(Authenticate{mechanism}, step_limit(reply_timer)));
  TRY(hear_one<Authenticated>(step_limit(reply_timer, max_sasl_steps)));
  // The server's word is not enough where the mechanism lets it prove that it knows the password too.
  return await_credential(Credential::completed, step_limit(reply_timer));
}

// Before it is sealed the credential child computes, or asks for a ticket, which may take as long as some KDC is
// silent.
Result<void> ServerSession::await_seal(Mechanism mechanism) {
  auto sealed = await_credential(Credential::sealed, step_limit(reply_timer));
  if (sealed || mechanism != Mechanism::gssapi || sealed.error().cause != Cause::peer_silent) return sealed;
  return fail(ExitCode::temporary_failure, "no Kerberos ticket (method GSSAPI): the operation timed out");
}

Result<void> ServerSession::warn_of_cleartext(Mechanism mechanism) {
  if (!sends_password(mechanism) || protection_.tls || peer_is_this_machine_) return {};
  console_.complain("warning: the password is sent in cleartext, because authentication method " +
                    std::string(name(mechanism)) + " is used without TLS");
  return {};
}

Result<void> ServerSession::await_credential(Credential state, const Deadline& deadline) {
  while (credential_ < state) {
    std::vector<Crew::Polled> polled{{crew_.authproc->fd().number(), POLLIN}};
    if (!crew_.wait(polled, deadline)) return Unexpected{crew_.authproc->socket().silent()};
    TRY(hear_authproc());
  }
  return {};
}

Result<void> ServerSession::hear_authproc() {
  auto heard = advance_credential();
  if (!heard) crew_.authproc->close();
  return heard;
}

Result<void> ServerSession::advance_credential() {
  auto& authproc = *crew_.authproc;
  const Deadline now = Deadline::in(std::chrono::milliseconds(0));
  if (credential_ == Credential::acquiring) {
    auto message = TRY((authproc.expect<Acquired, Failed>(now)));
    if (const Failed* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    password_found_ = std::get<Acquired>(message).found;
    credential_ = Credential::acquired;
  } else if (credential_ == Credential::beginning) {
    auto message = TRY((authproc.expect<Sealed, Failed>(now)));
    if (const Failed* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    credential_ = Credential::sealed;
  } else if (credential_ == Credential::sealed) {
    auto message = TRY((authproc.expect<Completed, Failed>(now)));
    if (const Failed* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    credential_ = Credential::completed;
    authproc.close();
  } else {
    // Nothing else is legal now, so this is the end of it, a failure or a lie.
    return fail(error_of(TRY(authproc.expect_one<Failed>(now))));
  }
  return {};
}

// ---- listening ----

// Until the network child has said something. Meanwhile the credential child may fail, and the mail is read ahead.
Result<void> ServerSession::await_netproc(const Deadline& deadline) {
  for (;;) {
    std::vector<Crew::Polled> polled{{crew_.netproc->fd().number(), POLLIN}};
    const bool hears_authproc = crew_.authproc && crew_.authproc->fd().is_open();
    const bool reads = reading_ != nullptr && reading_->wants_input();
    if (hears_authproc) polled.push_back({crew_.authproc->fd().number(), POLLIN});
    if (reads) polled.push_back({reading_->input(), POLLIN});
    if (!crew_.wait(polled, deadline)) return Unexpected{crew_.netproc->socket().silent()};
    // When both have ended, the network child is the one that says why.
    if (polled[0].ready) return {};
    if (hears_authproc && polled[1].ready) TRY(hear_authproc());
    if (reads && polled.back().ready) TRY(reading_->read_more());
  }
}

// ---- failures ----

// During the exchange the network child may only know that the credential child gave up; that one knows why.
Error ServerSession::explain(Error error) {
  if (auto word = word_of_signer(error)) return crew_.explain(std::move(*word));
  if (credential_ == Credential::sealed && crew_.authproc->fd().is_open()) {
    auto heard = await_credential(Credential::completed, Deadline::in(std::chrono::milliseconds(500)));
    if (!heard && heard.error().cause == Cause::plain) return crew_.explain(std::move(heard).error());
  }
  if (error.cause == Cause::peer_gone) error = last_word_of_netproc(std::move(error));
  return crew_.explain(std::move(error));
}

// The network child only knows that there was no signature.
std::optional<Error> ServerSession::word_of_signer(const Error& error) {
  if (!crew_.signer || !crew_.signer->fd().is_open()) return std::nullopt;
  if (!error.text.starts_with(std::string(signer_program) + ' ')) return std::nullopt;
  const auto word = crew_.signer->expect_one<Failed>(Deadline::in(std::chrono::milliseconds(500)));
  if (word) return error_of(*word);
  return Error{error.code, error.text, {}, Cause::peer_gone};
}

// A helper that fails says why and ends; whoever was just writing to it, or depends on it as the credential child
// does, may be noticed first. What it had to say before that does not matter any more. One that has ended without a
// word was killed, for it would have named the other.
Error ServerSession::last_word_of_netproc(Error error) {
  if (!crew_.netproc || !crew_.netproc->fd().is_open()) return error;
  const Deadline now = Deadline::in(std::chrono::milliseconds(0));
  constexpr int most_words = 6;
  for (int words = 0; words < most_words; ++words) {
    auto word = crew_.netproc->expect<Connected, Secured, Capabilities, Authenticated, BodyWanted, Failed>(now);
    if (!word) return word.error().cause == Cause::peer_gone ? word.error() : error;
    if (const Failed* failure = std::get_if<Failed>(&*word)) return error_of(*failure);
  }
  return error;
}

void ServerSession::dismiss() {
  if (!crew_.netproc || !crew_.netproc->fd().is_open()) return;
  crew_.netproc->socket().finish_sending();
  std::vector<Crew::Polled> polled{{crew_.netproc->fd().number(), POLLIN}};
  (void)crew_.wait(polled, Deadline::in(std::chrono::milliseconds(500)));
  crew_.netproc->close();
}

Deadline ServerSession::step_limit(seconds rfc_timer, unsigned steps) const {
  const seconds timer = account_.timeout != 0 ? seconds(account_.timeout) : rfc_timer;
  return Deadline::in(timer * steps + grace_);
}

}  // namespace msmtp
