// One mail, step by step.
#include "netproc/smtp_client.hpp"

#include "netproc/smtp_auth.hpp"
#include "netproc/smtp_chunking.hpp"
#include "netproc/smtp_content.hpp"
#include "netproc/smtp_envelope.hpp"

#include <string>
#include <utility>
#include <variant>

namespace msmtp {

namespace {

Result<void> log_in(SmtpConnection& server, const Capabilities& offer, Mechanism mechanism, ParentChannel& parent,
                    SaslChannel& sasl) {
  if (!sasl.fd().is_open()) return fail(parent.socket().lied("Authenticate, and no channel for it"));
  TRY(authenticate(server, offer, mechanism, sasl));
  sasl.close();
  return parent.send(Authenticated{});
}

// The parent may wait for its user: a password, the end of the mail's header.
Result<Envelope> next_envelope(SmtpConnection& server, const Capabilities& offer, ParentChannel& parent,
                               SaslChannel& sasl) {
  auto message = TRY((parent.expect<Authenticate, Envelope>(Deadline::never())));
  if (auto* envelope = std::get_if<Envelope>(&message)) return std::move(*envelope);
  TRY(log_in(server, offer, std::get<Authenticate>(message).mechanism, parent, sasl));
  return parent.expect_one<Envelope>(Deadline::never());
}

Result<MailTransaction> receive_recipients(Envelope envelope, ParentChannel& parent) {
  MailTransaction mail{std::move(envelope), {}};
  if (mail.envelope.recipients == 0) return fail(parent.socket().lied("an Envelope without recipients"));
  for (std::uint32_t i = 0; i < mail.envelope.recipients; ++i) {
    mail.recipients.push_back(TRY(parent.expect_one<Recipient>(Deadline::never())));
    if (mail.recipients.back().forward_path.empty()) return fail(parent.socket().lied("an empty Recipient"));
  }
  return mail;
}

// Up to the end of the mail. Gives those recipients who do not get it.
Result<Refusals> send_mail(SmtpConnection& server, const Capabilities& offer, const MailTransaction& mail,
                           Protocol protocol, ParentChannel& parent) {
  if (can_take_chunks(offer, protocol)) return send_in_chunks(server, offer, mail, parent);
  Refusals refusals = TRY(send_envelope(server, mail, offer));
  const std::size_t accepted = mail.recipients.size() - refusals.size();
  TRY(send_content(server, offer, protocol == Protocol::lmtp ? accepted : 1, parent));
  return refusals;
}

}  // namespace

Result<void> submit_mail(SmtpConnection& server, const Capabilities& offer, Protocol protocol, ParentChannel& parent,
                         SaslChannel& sasl) {
  TRY(parent.send(offer));
  Envelope envelope = TRY(next_envelope(server, offer, parent, sasl));
  sasl.close();
  const MailTransaction mail = TRY(receive_recipients(std::move(envelope), parent));
  TRY(check_offer(mail, offer));
  const Refusals refusals = TRY(send_mail(server, offer, mail, protocol, parent));
  const std::string verdict = TRY(await_delivery(server, mail, refusals, protocol, parent));
  // The parent may end at once, and this process with it: what is owed to the server comes first.
  server.leave();
  return parent.send(Delivered{Text<max_reply_text>::cut(verdict)});
}

}  // namespace msmtp
