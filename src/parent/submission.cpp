// One mail through the helpers.
#include "parent/submission.hpp"

#include "common/text.hpp"
#include "parent/envelope_address.hpp"
#include "parent/message_fields.hpp"

#include <algorithm>
#include <poll.h>
#include <sys/socket.h>
#include <utility>

namespace msmtp {

namespace {

using std::chrono::seconds;

constexpr seconds data_block_timer{180};   // RFC 5321, 4.5.3.2.5
constexpr seconds final_reply_timer{600};  // 4.5.3.2.6
constexpr seconds read_ahead_timer{5};

// What is told at once fits into the channel: a piece of content, and these.
constexpr std::size_t most_recipients_at_once = 1000;

void end_for_all(Crew::Netproc& netproc) {
  (void)shutdown(netproc.fd().number(), SHUT_RDWR);
  netproc.close();
}

}  // namespace

SubmissionOutcome Submission::run() {
  session_.read_beside(&request_.mail);
  auto submitted = submit();
  if (!submitted) {
    outcome_.error = with_fate(session_.explain(std::move(submitted).error()));
    // It may have all of the mail already: it must not come so far as to send it, although a keeper has this end too.
    if (zone_ == Zone::nothing_sent) end_for_all(session_.netproc());
    session_.dismiss();
  }
  session_.crew().drain_logs();
  return std::move(outcome_);
}

Result<void> Submission::submit() {
  const bool logs_in = request_.account.auth.wanted && !session_.is_resumed();
  TRY(session_.start());
  const bool is_told = !logs_in && TRY(tell_all_at_once());
  const Capabilities capabilities = TRY(session_.open());
  chunking_ = capabilities.chunking;
  if (logs_in) TRY(session_.authenticate(capabilities));
  if (!is_told) TRY(tell_envelope());
  TRY(session_.hear_one<BodyWanted>(session_.step_limit(reply_timer, envelope_steps())));
  zone_ = Zone::not_accepted;
  session_.read_beside(nullptr);
  if (!is_told) TRY(send_body());
  TRY(hear_sent());
  return hear_verdict();
}

// A small mail that is there already, when nothing comes between the greeting and MAIL: the network child has it before
// it is connected, and waits for us no more. It does with it what it would have done, and says BodyWanted first.
Result<bool> Submission::tell_all_at_once() {
  TRY(read_ahead(request_.mail, Deadline::in(std::chrono::milliseconds(0))));
  const std::string_view content = request_.mail.piece();
  if (!request_.mail.ended() || content.size() != request_.mail.wire_size()) return false;
  if (request_.recipients.size() > most_recipients_at_once) return false;
  TRY(send_envelope());
  TRY(session_.netproc().send(Body{*BytesView<max_body_piece>::from(content)}, session_.step_limit(reply_timer)));
  TRY(session_.netproc().send(BodyEnd{content.size()}, session_.step_limit(reply_timer)));
  request_.mail.drop(content.size());
  return true;
}

// ---- the mail ----

Result<void> Submission::tell_envelope() {
  TRY(read_ahead(request_.mail, Deadline::in(read_ahead_timer)));
  return send_envelope();
}

Result<void> Submission::send_envelope() {
  Envelope envelope;
  TRY(set_field(envelope.reverse_path, std::string_view(request_.reverse_path), "envelope from address"));
  envelope.recipients = static_cast<std::uint32_t>(request_.recipients.size());
  envelope.size_known = request_.mail.ended();
  envelope.size = request_.mail.ended() ? request_.mail.wire_size() : 0;
  envelope.eight_bit = request_.mail.has_eight_bit() || !request_.mail.ended();
  envelope.smtputf8 = has_non_ascii(request_.reverse_path) ||
                      std::ranges::any_of(request_.recipients, [](const std::string& to) { return has_non_ascii(to); });
  TRY(set_field(envelope.dsn_notify, request_.account.dsn_notify, "dsn_notify"));
  TRY(set_field(envelope.dsn_return, request_.account.dsn_return, "dsn_return"));
  envelope.partial = request_.account.partial_delivery;
  TRY(session_.netproc().send(envelope, session_.step_limit(reply_timer)));
  return send_recipients();
}

Result<void> Submission::send_recipients() {
  Recipients some;
  for (const std::string& address : request_.recipients) {
    Recipient recipient;
    TRY(set_field(recipient.forward_path, std::string_view(address), "recipient address"));
    some.recipients.add(std::move(recipient));
    if (some.recipients.size() < max_recipients_at_once) continue;
    TRY(session_.netproc().send(some, session_.step_limit(reply_timer)));
    some = {};
  }
  if (!some.recipients.empty()) TRY(session_.netproc().send(some, session_.step_limit(reply_timer)));
  return {};
}

// MAIL, each RCPT, DATA: the network child gives each of them its time.
unsigned Submission::envelope_steps() const {
  return static_cast<unsigned>(std::min<std::size_t>(request_.recipients.size(), 1000)) + 2;
}

// Waits for the whole mail or as much of it as is read ahead, so that its size can be told; not for long, for the
// server is waiting.
Result<void> Submission::read_ahead(OutgoingMail& mail, const Deadline& deadline) {
  while (mail.wants_input()) {
    std::vector<Crew::Polled> polled{{mail.input(), POLLIN}, {session_.netproc().fd().number(), POLLIN}};
    if (!session_.crew().wait(polled, deadline)) return {};
    if (polled[1].ready) return {};  // something is wrong; whoever listens next will say what
    TRY(mail.read_more());
  }
  return {};
}

// The network child may be busy with its log before it has room for the end, so that is kept empty until then.
Result<void> Submission::send_body() {
  TRY(send_pieces(request_.mail));
  const Deadline limit = session_.step_limit(data_block_timer);
  const BodyEnd end{request_.mail.wire_size()};
  while (!TRY(session_.netproc().try_send(end))) {
    std::vector<Crew::Polled> polled{{session_.netproc().fd().number(), POLLOUT}};
    if (!session_.crew().wait(polled, limit)) return Unexpected{session_.netproc().socket().silent()};
  }
  return {};
}

Result<void> Submission::hear_sent() {
  // Where content may go out with the envelope, its end may wait for the replies to that.
  const Deadline limit =
      chunking_ ? session_.step_limit(reply_timer, envelope_steps()) : session_.step_limit(data_block_timer);
  TRY(session_.hear_one<BodySent>(limit));
  zone_ = Zone::status_unknown;
  return {};
}

// One loop for both ends, so that neither a slow producer nor a slow server blocks the other. The producer may take
// its time; the network child may not, for it keeps a timer of its own.
Result<void> Submission::send_pieces(OutgoingMail& mail) {
  while (!mail.ended() || !mail.piece().empty()) {
    if (TRY(send_piece(mail))) continue;
    const bool sending = !mail.piece().empty();
    const short netproc_events = static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN);
    std::vector<Crew::Polled> polled{{session_.netproc().fd().number(), netproc_events}};
    if (mail.wants_input()) polled.push_back({mail.input(), POLLIN});
    if (!session_.crew().wait(polled, sending ? session_.step_limit(data_block_timer) : Deadline::never())) {
      return Unexpected{session_.netproc().socket().silent()};
    }
    if (polled.size() > 1 && polled[1].ready) TRY(mail.read_more());
    if (!polled[0].ready || TRY(send_piece(mail))) continue;
    // Not writable, so there is something to read: it can only be a failure.
    return fail(error_of(TRY(session_.netproc().expect_one<Failed>(Deadline::in(std::chrono::milliseconds(0))))));
  }
  return {};
}

// Whether a piece was sent.
Result<bool> Submission::send_piece(OutgoingMail& mail) {
  const auto piece = BytesView<max_body_piece>::from(mail.piece());
  if (piece->view().empty() || !TRY(session_.netproc().try_send_in_place(Body{*piece}))) return false;
  mail.drop(piece->view().size());
  return true;
}

Result<void> Submission::hear_verdict() {
  const bool may_be_partial = request_.account.protocol == Protocol::lmtp || request_.account.partial_delivery;
  std::size_t next_refusal = may_be_partial ? 0 : request_.recipients.size();
  const unsigned steps = chunking_ ? 3 : 1;  // MAIL and RCPT may have gone out with the end of the mail
  for (;;) {
    auto message = TRY((session_.hear<RecipientRefused, Delivered>(session_.step_limit(final_reply_timer, steps))));
    if (const auto* delivered = std::get_if<Delivered>(&message)) {
      if (!outcome_.refused.empty()) {
        return Unexpected{session_.netproc().socket().lied("Delivered although recipients were refused")};
      }
      outcome_.server_reply = delivered->server_reply.str();
      return {};
    }
    const auto& refused = std::get<RecipientRefused>(message);
    // Each once and in their order, so that their number is bounded.
    if (refused.index < next_refusal || refused.index >= request_.recipients.size()) {
      return Unexpected{session_.netproc().socket().lied("a recipient that is none")};
    }
    next_refusal = refused.index + 1;
    outcome_.refused.push_back({request_.recipients[refused.index], refused.server_reply.str()});
  }
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

}  // namespace msmtp
