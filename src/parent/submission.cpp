// One mail through the helpers.
#include "parent/submission.hpp"

#include "common/address.hpp"
#include "common/text.hpp"
#include "parent/authentication_choice.hpp"
#include "parent/envelope_address.hpp"
#include "parent/proxy.hpp"

#include <algorithm>
#include <poll.h>
#include <utility>

namespace msmtp {

namespace {

using std::chrono::seconds;

constexpr seconds resolve_timer{60};
constexpr seconds reply_timer{300};        // RFC 5321, 4.5.3.2: greeting, MAIL, RCPT
constexpr seconds data_block_timer{180};   // 4.5.3.2.5
constexpr seconds final_reply_timer{600};  // 4.5.3.2.6
constexpr seconds read_ahead_timer{5};

template <class Field>
Result<void> set(Field& field, std::string_view value, std::string_view what) {
  auto bounded = Field::from(value);
  if (!bounded) return fail(ExitCode::config, std::string(what) + " is too long or has bytes that cannot stand there");
  field = std::move(*bounded);
  return {};
}

template <class Field>
Result<void> set(Field& field, const std::optional<std::string>& value, std::string_view what) {
  return set(field, std::string_view(value ? *value : std::string()), what);
}

std::string server_name(const Account& account) {
  return account.host.value_or(account.socket.value_or(std::string()));
}

}  // namespace

Result<Prepare> prepare_message(const Account& account, bool trace) {
  Prepare message;
  message.protocol = account.protocol;
  TRY(set(message.ehlo_name, std::string_view(account.domain), "domain"));
  message.timeout_seconds = account.timeout;
  message.trace = trace;
  if (!account.tls) return message;
  message.tls = account.tls_starttls ? TlsMode::starttls : TlsMode::implicit;
  message.certcheck = account.tls_certcheck;
  TRY(set(message.trust_file, account.tls_trust_file, "tls_trust_file"));
  TRY(set(message.crl_file, account.tls_crl_file, "tls_crl_file"));
  TRY(set(message.key_file, account.tls_key_file, "tls_key_file"));
  TRY(set(message.cert_file, account.tls_cert_file, "tls_cert_file"));
  TRY(set(message.fingerprint, account.tls_fingerprint, "tls_fingerprint"));
  TRY(set(message.priorities, account.tls_priorities, "tls_priorities"));
  TRY(set(message.tls_name, account.tls_host_override ? account.tls_host_override : account.host, "host"));
  return message;
}

Result<Acquire> acquire_message(Account& account, const std::string& user_netrc, const std::string& system_netrc) {
  Acquire message;
  TRY(set(message.user, account.user, "user"));
  TRY(set(message.host, std::string_view(server_name(account)), "host"));
  TRY(set(message.user_netrc, std::string_view(user_netrc), "the path of netrc"));
  TRY(set(message.system_netrc, std::string_view(system_netrc), "the path of netrc"));
  if (account.auth.mechanism && !needs_password(*account.auth.mechanism)) {
    account.password.reset();
  } else if (account.password) {
    if (account.password->size() > max_password) return fail(ExitCode::config, "password is too long");
    message.source = PasswordSource::given;
    message.password.secret = std::move(*account.password);
    account.password.reset();
  } else if (account.passwordeval) {
    message.source = PasswordSource::evaluate;
    TRY(set(message.command, account.passwordeval, "passwordeval"));
  } else {
    message.source = PasswordSource::search;
  }
  return message;
}

Destination destination_of(const Account& account) {
  if (account.socket || !account.host) return {};
  Destination destination;
  destination.host = nearest_host(account);
  destination.numeric = parse_numeric_address(destination.host);
  destination.needs_resolver = !destination.numeric && !is_onion_name(destination.host);
  return destination;
}

SubmissionOutcome Submission::run(SubmissionRequest& request) {
  timeout_ = seconds(request.account.timeout);
  helper_grace_ = request.helper_grace;
  credential_ = crew_.authproc ? Credential::acquiring : Credential::none;
  reading_ = &request.mail;
  auto submitted = submit(request);
  if (!submitted) {
    outcome_.error = with_fate(blame(std::move(submitted).error()));
    dismiss_netproc();
  }
  crew_.drain_logs();
  return std::move(outcome_);
}

Result<void> Submission::submit(SubmissionRequest& request) {
  TRY(reach(request));
  const Capabilities capabilities = TRY(hear_capabilities(request.account));
  chunking_ = capabilities.chunking;
  if (request.account.auth.wanted) TRY(authenticate(request.account, capabilities));
  TRY(send_envelope(request));
  TRY(send_body(request));
  return hear_verdict(request);
}

// ---- connection ----

Result<std::vector<Endpoint>> Submission::endpoints(const Destination& destination) {
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

// The user is asked for a password before there is a server that waits for it.
Result<void> Submission::reach(SubmissionRequest& request) {
  const Account& account = request.account;
  if (crew_.authproc && !account.passwordeval && password_may_be_asked_for(account)) {
    TRY(await_credential(Credential::acquired, Deadline::never()));
  }
  const Connect message = TRY(connect_message(account));
  TRY(crew_.netproc->send(message, step_limit(reply_timer)));
  const auto connected = TRY(hear_one<Connected>(step_limit(reply_timer)));
  // Wherever the proxy is, the server is somewhere else.
  peer_is_this_machine_ = !message.proxied && (connected.local || is_loopback(connected.endpoint));
  return {};
}

Result<Connect> Submission::connect_message(const Account& account) {
  Connect message;
  message.proxied = is_proxied(account);
  if (message.proxied) message.server = TRY(proxied_server(account));
  const Destination destination = destination_of(account);
  for (const Endpoint& endpoint : TRY(endpoints(destination))) message.endpoints.add(endpoint);
  message.port = nearest_port(account);
  TRY(set(message.socket_path, account.socket, "socket"));
  TRY(set(message.host, std::string_view(destination.host), message.proxied ? "proxy_host" : "host"));
  if (account.source_ip && !account.socket) {
    const auto source = parse_numeric_address(*account.source_ip);
    if (!source) return fail(ExitCode::os_error, "cannot bind source ip " + *account.source_ip + ": not an IP address");
    message.has_source = true;
    message.source = *source;
  }
  return message;
}

// The proxy, greeting, EHLO, STARTTLS, handshake and the second EHLO are timed one by one by the network child.
Result<Capabilities> Submission::hear_capabilities(const Account& account) {
  const unsigned proxy_steps = is_proxied(account) ? 1 : 0;
  if (account.tls) {
    const auto secured = TRY(hear_one<Secured>(step_limit(reply_timer, 5 + proxy_steps)));
    secured_by_tls_ = true;
    crew_.drain_logs();
    secured_(secured);
  }
  return hear_one<Capabilities>(step_limit(reply_timer, 3 + proxy_steps));
}

// ---- authentication ----

Result<void> Submission::authenticate(const Account& account, const Capabilities& capabilities) {
  const Mechanism mechanism = TRY(choose_mechanism(account, capabilities, secured_by_tls_));
  TRY(await_credential(Credential::acquired, Deadline::never()));
  if (needs_user(mechanism) && !account.user) {
    return fail(ExitCode::unavailable, "authentication method " + std::string(name(mechanism)) + " needs a user name");
  }
  if (needs_password(mechanism) && !password_found_) {
    return fail(ExitCode::unavailable, "authentication method " + std::string(name(mechanism)) + " needs a password");
  }
  TRY(warn_of_cleartext(mechanism));
  Begin begin;
  begin.mechanism = mechanism;
  begin.service = *Text<64>::from("smtp");
  begin.port = account.socket ? 0 : account.port;
  TRY(set(begin.domain, account.ntlmdomain, "ntlmdomain"));
  TRY(crew_.authproc->send(begin, step_limit(reply_timer)));
  credential_ = Credential::beginning;
  TRY(await_credential(Credential::sealed, step_limit(reply_timer)));
  TRY(crew_.netproc->send(Authenticate{mechanism}, step_limit(reply_timer)));
  TRY(hear_one<Authenticated>(step_limit(reply_timer, max_sasl_steps)));
  // The server's word is not enough where the mechanism lets it prove that it knows the password too.
  return await_credential(Credential::completed, step_limit(reply_timer));
}

Result<void> Submission::warn_of_cleartext(Mechanism mechanism) {
  if (!sends_password(mechanism) || secured_by_tls_ || peer_is_this_machine_) return {};
  console_.complain("warning: the password is sent in cleartext, because authentication method " +
                    std::string(name(mechanism)) + " is used without TLS");
  return {};
}

Result<void> Submission::await_credential(Credential state, const Deadline& deadline) {
  while (credential_ < state) {
    std::vector<Crew::Polled> polled{{crew_.authproc->fd().number(), POLLIN}};
    if (!crew_.wait(polled, deadline)) return Unexpected{crew_.authproc->socket().silent()};
    TRY(hear_authproc());
  }
  return {};
}

Result<void> Submission::hear_authproc() {
  auto heard = advance_credential();
  if (!heard) crew_.authproc->close();
  return heard;
}

Result<void> Submission::advance_credential() {
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

// ---- the mail ----

Result<void> Submission::send_envelope(SubmissionRequest& request) {
  TRY(read_ahead(request.mail, Deadline::in(read_ahead_timer)));
  Envelope envelope;
  TRY(set(envelope.reverse_path, std::string_view(request.reverse_path), "envelope from address"));
  envelope.recipients = static_cast<std::uint32_t>(request.recipients.size());
  envelope.size_known = request.mail.ended();
  envelope.size = request.mail.ended() ? request.mail.wire_size() : 0;
  envelope.eight_bit = request.mail.has_eight_bit() || !request.mail.ended();
  envelope.smtputf8 = has_non_ascii(request.reverse_path) ||
                      std::ranges::any_of(request.recipients, [](const std::string& to) { return has_non_ascii(to); });
  TRY(set(envelope.dsn_notify, request.account.dsn_notify, "dsn_notify"));
  TRY(set(envelope.dsn_return, request.account.dsn_return, "dsn_return"));
  envelope.partial = request.account.partial_delivery;
  TRY(crew_.netproc->send(envelope, step_limit(reply_timer)));
  for (const std::string& address : request.recipients) {
    Recipient recipient;
    TRY(set(recipient.forward_path, std::string_view(address), "recipient address"));
    TRY(crew_.netproc->send(recipient, step_limit(reply_timer)));
  }
  TRY(hear_one<BodyWanted>(step_limit(reply_timer, envelope_steps(request))));
  return {};
}

// MAIL, each RCPT, DATA: the network child gives each of them its time.
unsigned Submission::envelope_steps(const SubmissionRequest& request) {
  return static_cast<unsigned>(std::min<std::size_t>(request.recipients.size(), 1000)) + 2;
}

// Waits for the whole mail or as much of it as is read ahead, so that its size can be told; not for long, for the
// server is waiting.
Result<void> Submission::read_ahead(OutgoingMail& mail, const Deadline& deadline) {
  while (mail.wants_input()) {
    std::vector<Crew::Polled> polled{{mail.input(), POLLIN}, {crew_.netproc->fd().number(), POLLIN}};
    if (!crew_.wait(polled, deadline)) return {};
    if (polled[1].ready) return {};  // something is wrong; whoever listens next will say what
    TRY(mail.read_more());
  }
  return {};
}

Result<void> Submission::send_body(SubmissionRequest& request) {
  zone_ = Zone::not_accepted;
  reading_ = nullptr;
  TRY(send_pieces(request.mail));
  TRY(crew_.netproc->send(BodyEnd{request.mail.wire_size()}, step_limit(data_block_timer)));
  // Where content may go out with the envelope, its end may wait for the replies to that.
  const Deadline limit = chunking_ ? step_limit(reply_timer, envelope_steps(request)) : step_limit(data_block_timer);
  TRY(hear_one<BodySent>(limit));
  zone_ = Zone::status_unknown;
  return {};
}

// One loop for both ends, so that neither a slow producer nor a slow server blocks the other. The producer may take
// its time; the network child may not, for it keeps a timer of its own.
Result<void> Submission::send_pieces(OutgoingMail& mail) {
  while (!mail.ended() || !mail.piece().empty()) {
    const bool sending = !mail.piece().empty();
    const short netproc_events = static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN);
    std::vector<Crew::Polled> polled{{crew_.netproc->fd().number(), netproc_events}};
    if (mail.wants_input()) polled.push_back({mail.input(), POLLIN});
    if (!crew_.wait(polled, sending ? step_limit(data_block_timer) : Deadline::never())) {
      return Unexpected{crew_.netproc->socket().silent()};
    }
    if (polled.size() > 1 && polled[1].ready) TRY(mail.read_more());
    if (!polled[0].ready) continue;
    const auto piece = BytesView<max_body_piece>::from(mail.piece());
    if (sending && TRY(crew_.netproc->try_send(Body{*piece}))) {
      mail.drop(piece->view().size());
    } else {
      // Not writable, so there is something to read: it can only be a failure.
      return fail(error_of(TRY(crew_.netproc->expect_one<Failed>(Deadline::in(std::chrono::milliseconds(0))))));
    }
  }
  return {};
}

Result<void> Submission::hear_verdict(SubmissionRequest& request) {
  const bool may_be_partial = request.account.protocol == Protocol::lmtp || request.account.partial_delivery;
  std::size_t next_refusal = may_be_partial ? 0 : request.recipients.size();
  const unsigned steps = chunking_ ? 3 : 1;  // MAIL and RCPT may have gone out with the end of the mail
  for (;;) {
    auto message = TRY((hear<RecipientRefused, Delivered>(step_limit(final_reply_timer, steps))));
    if (const auto* delivered = std::get_if<Delivered>(&message)) {
      if (!outcome_.refused.empty()) {
        return Unexpected{crew_.netproc->socket().lied("Delivered although recipients were refused")};
      }
      outcome_.server_reply = delivered->server_reply.str();
      return {};
    }
    const auto& refused = std::get<RecipientRefused>(message);
    // Each once and in their order, so that their number is bounded.
    if (refused.index < next_refusal || refused.index >= request.recipients.size()) {
      return Unexpected{crew_.netproc->socket().lied("a recipient that is none")};
    }
    next_refusal = refused.index + 1;
    outcome_.refused.push_back({request.recipients[refused.index], refused.server_reply.str()});
  }
}

// ---- listening ----

// Until the network child has said something. Meanwhile the credential child may fail, and the mail is read ahead.
Result<void> Submission::await_netproc(const Deadline& deadline) {
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

template <class... Messages>
Result<std::variant<Messages...>> Submission::hear(const Deadline& deadline) {
  TRY(await_netproc(deadline));
  auto message = TRY((crew_.netproc->expect<Messages..., Failed>(Deadline::in(std::chrono::milliseconds(0)))));
  return std::visit(
      [](auto& alternative) -> Result<std::variant<Messages...>> {
        if constexpr (std::same_as<std::remove_cvref_t<decltype(alternative)>, Failed>) {
          return fail(error_of(alternative));
        } else {
          return std::variant<Messages...>(std::move(alternative));
        }
      },
      message);
}

template <class Message>
Result<Message> Submission::hear_one(const Deadline& deadline) {
  auto message = TRY(hear<Message>(deadline));
  return std::get<0>(std::move(message));
}

// ---- failures ----

// During the exchange the network child may only know that the credential child gave up; that one knows why.
Error Submission::blame(Error error) {
  if (credential_ == Credential::sealed && crew_.authproc->fd().is_open()) {
    auto heard = await_credential(Credential::completed, Deadline::in(std::chrono::milliseconds(500)));
    if (!heard && heard.error().cause == Cause::plain) return crew_.explain(std::move(heard).error());
  }
  if (error.cause == Cause::peer_gone) error = last_word_of_netproc(std::move(error));
  return crew_.explain(std::move(error));
}

// A helper that fails says why and ends; whoever was just writing to it, or depends on it as the credential child
// does, may be noticed first. What it had to say before that does not matter any more.
Error Submission::last_word_of_netproc(Error error) {
  if (!crew_.netproc || !crew_.netproc->fd().is_open()) return error;
  const Deadline now = Deadline::in(std::chrono::milliseconds(0));
  constexpr int most_words = 6;
  for (int words = 0; words < most_words; ++words) {
    auto word = crew_.netproc->expect<Connected, Secured, Capabilities, Authenticated, BodyWanted, Failed>(now);
    if (!word) return error;
    if (const Failed* failure = std::get_if<Failed>(&*word)) return error_of(*failure);
  }
  return error;
}

Error Submission::with_fate(Error error) {
  if (error.cause == Cause::plain) return error;
  if (zone_ == Zone::status_unknown) {
    error.code = ExitCode::temporary_failure;
    error.text += "; the status of the mail is unknown";
  } else {
    error.text += zone_ == Zone::nothing_sent ? "; nothing was sent" : "; the mail was not accepted";
  }
  return error;
}

// Lets the network child say QUIT where it can: it sees the end of our messages, and we wait for the end of it.
void Submission::dismiss_netproc() {
  if (!crew_.netproc || !crew_.netproc->fd().is_open()) return;
  crew_.netproc->socket().finish_sending();
  std::vector<Crew::Polled> polled{{crew_.netproc->fd().number(), POLLIN}};
  (void)crew_.wait(polled, Deadline::in(std::chrono::milliseconds(500)));
  crew_.netproc->close();
}

Deadline Submission::step_limit(seconds rfc_timer, unsigned steps) const {
  const seconds timer = timeout_.count() != 0 ? timeout_ : rfc_timer;
  return Deadline::in(timer * steps + helper_grace_);
}

}  // namespace msmtp
