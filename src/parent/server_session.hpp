// One connection to the server, by the helpers: from Connect to the login. What is said after that is the business of
// whoever opened it.
#pragma once

#include "common/messages.hpp"
#include "parent/account.hpp"
#include "parent/authentication_choice.hpp"
#include "parent/console.hpp"
#include "parent/crew.hpp"
#include "parent/outgoing_mail.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace msmtp {

struct Destination;

inline constexpr std::chrono::seconds reply_timer{300};   // RFC 5321, 4.5.3.2: greeting, MAIL, RCPT
inline constexpr std::chrono::seconds resolve_timer{60};  // our own: it has none for the DNS

class ServerSession {
 public:
  // SECURED is told about TLS once it is up.
  using SecuredSink = std::function<void(const Secured&)>;

  // ACCOUNT is the one that the helpers were told about. GRACE is how long a helper may take beyond the timers that it
  // keeps itself; after that it is taken for dead.
  ServerSession(Crew& crew, const Console& console, const Account& account, std::chrono::milliseconds grace,
                SecuredSink secured)
      : crew_(crew), console_(console), account_(account), grace_(grace), secured_(std::move(secured)) {}

  // MAIL is read while we wait for anybody; nullptr ends that.
  void read_beside(OutgoingMail* mail) { reading_ = mail; }

  // The network child has a session already, with these FACTS: it is neither opened nor is there a login.
  void resume(SessionFacts facts);
  bool is_resumed() const { return resumed_; }

  // Tells the network child where to connect, if that is known without waiting for anybody: so it does while the caller
  // has something else to do. What goes wrong open() reports.
  void begin();
  // The same, and waits for what is needed for that; once. open() does it otherwise.
  Result<void> start();
  // Connects, and gives what the server offers after its last EHLO.
  Result<Capabilities> open();
  // Logs in, with the mechanism of the account or the best that is offered.
  Result<void> authenticate(const Capabilities& capabilities);

  // Once open() has come so far.
  const Connected& connected() const { return facts_.connected; }
  const SessionFacts& facts() const { return facts_; }
  Crew& crew() { return crew_; }
  Crew::Netproc& netproc() { return *crew_.netproc; }

  // The network child's next message, which must be one of MESSAGES; Failed is given as the error that it names.
  template <class... Messages>
  Result<std::variant<Messages...>> hear(const Deadline& deadline);
  template <class Message>
  Result<Message> hear_one(const Deadline& deadline);

  // ERROR as its cause should be told: by whichever helper knows it.
  Error explain(Error error);
  // Lets the network child say QUIT where it can: it sees the end of our messages, and we wait for the end of it.
  void dismiss();

  // The account's timeout, or else RFC_TIMER, for each of STEPS, and the grace.
  Deadline step_limit(std::chrono::seconds rfc_timer, unsigned steps = 1) const;

 private:
  enum class Credential : std::uint8_t { none, acquiring, acquired, beginning, sealed, completed };

  bool asks_user_first() const;
  Result<void> connect();
  Result<void> reach();
  Result<std::vector<Endpoint>> endpoints(const Destination& destination);
  Result<Capabilities> hear_capabilities();
  Result<void> warn_of_cleartext(Mechanism mechanism);
  Result<void> await_netproc(const Deadline& deadline);
  Result<void> await_seal(Mechanism mechanism);
  Result<void> await_credential(Credential state, const Deadline& deadline);
  Result<void> hear_authproc();
  Result<void> advance_credential();
  std::optional<Error> word_of_signer(const Error& error);
  Error last_word_of_netproc(Error error);

  Crew& crew_;
  const Console& console_;
  const Account& account_;
  std::chrono::milliseconds grace_;
  SecuredSink secured_;
  Credential credential_ = Credential::none;
  SessionFacts facts_;
  bool resumed_ = false;
  bool started_ = false;
  bool connecting_ = false;  // Connect was sent
  bool password_found_ = false;
  bool peer_is_this_machine_ = false;
  Protection protection_;
  OutgoingMail* reading_ = nullptr;
};

template <class... Messages>
Result<std::variant<Messages...>> ServerSession::hear(const Deadline& deadline) {
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
Result<Message> ServerSession::hear_one(const Deadline& deadline) {
  auto message = TRY(hear<Message>(deadline));
  return std::get<0>(std::move(message));
}

}  // namespace msmtp
