// One mail through the helpers: who has to say what, in which order, and what it means when somebody does not.
#pragma once

#include "parent/account.hpp"
#include "parent/outgoing_mail.hpp"
#include "parent/server_session.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace msmtp {

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
  Submission(Crew& crew, const Console& console, SubmissionRequest& request, ServerSession::SecuredSink secured)
      : request_(request), session_(crew, console, request.account, request.helper_grace, std::move(secured)) {}

  // With a session that is there already (ServerSession::resume()).
  void resume(SessionFacts facts) { session_.resume(std::move(facts)); }
  const SessionFacts& facts() const { return session_.facts(); }

  // May come before run(), with something else to do in between (ServerSession::begin()).
  void begin() { session_.begin(); }
  SubmissionOutcome run();

 private:
  // How far the mail has come: what its fate is when the network child is lost.
  enum class Zone : std::uint8_t { nothing_sent, not_accepted, status_unknown };

  Result<void> submit();
  Result<bool> tell_all_at_once();
  Result<void> tell_envelope();
  Result<void> send_envelope();
  Result<void> send_recipients();
  unsigned envelope_steps() const;
  Result<void> send_body();
  Result<void> hear_sent();
  Result<void> send_pieces(OutgoingMail& mail);
  Result<bool> send_piece(OutgoingMail& mail);
  Result<void> hear_verdict();
  Result<void> read_ahead(OutgoingMail& mail, const Deadline& deadline);
  Error with_fate(Error error);

  SubmissionRequest& request_;
  ServerSession session_;
  Zone zone_ = Zone::nothing_sent;
  bool chunking_ = false;  // the server offers it
  SubmissionOutcome outcome_;
};

}  // namespace msmtp
