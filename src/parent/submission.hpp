// One mail through the helpers: who has to say what, in which order, and what it means when somebody does not.
#pragma once

#include "parent/account.hpp"
#include "parent/console.hpp"
#include "parent/crew.hpp"
#include "parent/outgoing_mail.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace msmtp {

// What the helpers are told before the mail is looked at. ACCOUNT is complete; EX_CONFIG when a value of it has no
// place in a message.
Result<Prepare> prepare_message(const Account& account, bool trace);
// The password moves from ACCOUNT into the message.
Result<Acquire> acquire_message(Account& account, const std::string& user_netrc, const std::string& system_netrc);

// Where we connect to ourselves, the server or its proxy, as far as that needs no resolver.
struct Destination {
  std::string host;                 // empty for a socket
  std::optional<Endpoint> numeric;  // the host is an address
  bool needs_resolver = false;
};
Destination destination_of(const Account& account);

struct SubmissionRequest {
  const Account& account;
  std::string reverse_path;             // empty: the null reverse-path
  std::vector<std::string> recipients;  // at least one
  OutgoingMail mail;
  // How long a helper may take beyond the timers that it keeps itself. After that it is taken for dead.
  std::chrono::milliseconds helper_grace = std::chrono::seconds(5);
};

// A recipient whom the server refused although others may get the mail (after the data under LMTP, with
// partial_delivery before it), and how it said so.
struct RefusedRecipient {
  std::string address;
  std::string server_reply;
};

struct SubmissionOutcome {
  std::optional<Error> error;  // nothing: the mail is the server's responsibility now
  std::vector<RefusedRecipient> refused;
  std::string server_reply;  // the final one, when sent

  // Some recipients were refused, and the server has taken the mail for the others by a reply to all of it.
  bool is_partial() const { return error && !refused.empty() && error->server_reply.starts_with("250"); }
};

class Submission {
 public:
  // SECURED is told about TLS once it is up.
  using SecuredSink = std::function<void(const Secured&)>;

  Submission(Crew& crew, const Console& console, SecuredSink secured)
      : crew_(crew), console_(console), secured_(std::move(secured)) {}

  SubmissionOutcome run(SubmissionRequest& request);

 private:
  // How far the mail has come: what its fate is when the network child is lost.
  enum class Zone : std::uint8_t { nothing_sent, not_accepted, status_unknown };
  enum class Credential : std::uint8_t { none, acquiring, acquired, beginning, sealed, completed };

  Result<void> submit(SubmissionRequest& request);
  Result<void> reach(SubmissionRequest& request);
  Result<std::vector<Endpoint>> endpoints(const Destination& destination);
  Result<Connect> connect_message(const Account& account);
  Result<Capabilities> hear_capabilities(const Account& account);
  Result<void> authenticate(const Account& account, const Capabilities& capabilities);
  Result<void> warn_of_cleartext(Mechanism mechanism);
  Result<void> send_envelope(SubmissionRequest& request);
  static unsigned envelope_steps(const SubmissionRequest& request);
  Result<void> send_body(SubmissionRequest& request);
  Result<void> send_pieces(OutgoingMail& mail);
  Result<void> hear_verdict(SubmissionRequest& request);
  Result<void> read_ahead(OutgoingMail& mail, const Deadline& deadline);

  template <class... Messages>
  Result<std::variant<Messages...>> hear(const Deadline& deadline);
  template <class Message>
  Result<Message> hear_one(const Deadline& deadline);
  Result<void> await_netproc(const Deadline& deadline);
  Result<void> await_credential(Credential state, const Deadline& deadline);
  Result<void> hear_authproc();
  Result<void> advance_credential();
  Error with_fate(Error error);
  Error blame(Error error);
  Error last_word_of_netproc(Error error);
  void dismiss_netproc();

  Deadline step_limit(std::chrono::seconds rfc_timer, unsigned steps = 1) const;

  Crew& crew_;
  const Console& console_;
  SecuredSink secured_;
  std::chrono::seconds timeout_{0};
  std::chrono::milliseconds helper_grace_{0};
  Zone zone_ = Zone::nothing_sent;
  Credential credential_ = Credential::none;
  bool password_found_ = false;
  bool peer_is_this_machine_ = false;
  bool secured_by_tls_ = false;
  bool chunking_ = false;            // the server offers it
  OutgoingMail* reading_ = nullptr;  // while it may be read ahead beside everything else
  SubmissionOutcome outcome_;
};

}  // namespace msmtp
