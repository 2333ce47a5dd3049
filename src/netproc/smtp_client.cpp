// What the parent wants of a server that has been greeted: a mail, step by step, mostly.
#include "netproc/smtp_client.hpp"

#include "netproc/smtp_auth.hpp"
#include "netproc/smtp_chunking.hpp"
#include "netproc/smtp_content.hpp"
#include "netproc/smtp_envelope.hpp"
#include "netproc/smtp_queue.hpp"

#include <iterator>
#include <poll.h>
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

using Order = std::variant<Envelope, QueueStart, Leave>;

// What is to be done, after the login if there is one. The parent may wait for its user: a password, the end of the
// mail's header.
Result<Order> next_order(SmtpConnection& server, const Capabilities& offer, ParentChannel& parent, SaslChannel& sasl) {
  auto message = TRY((parent.expect<Authenticate, Envelope, QueueStart, Leave>(Deadline::never())));
  if (const auto* login = std::get_if<Authenticate>(&message)) {
    TRY(log_in(server, offer, login->mechanism, parent, sasl));
    return parent.expect<Envelope, QueueStart, Leave>(Deadline::never());
  }
  if (auto* envelope = std::get_if<Envelope>(&message)) return Order(std::move(*envelope));
  if (auto* queue = std::get_if<QueueStart>(&message)) return Order(std::move(*queue));
  return Order(Leave{});
}

// Records without data that a server may send before it is taken for one that wants to keep us awake.
constexpr int max_idle_wakes = 100;

// The next order of a parent that keeps the connection. Whatever the server does meanwhile is the end: it says why it
// leaves, or just closes the connection.
Result<Order> order_after_mail(SmtpConnection& server, ParentChannel& parent) {
  for (int wakes = 0; wakes < max_idle_wakes && !server.has_input(); ++wakes) {
    pollfd ends[] = {{parent.fd().number(), POLLIN, 0}, {server.number(), POLLIN, 0}};
    if (poll(ends, std::size(ends), -1) > 0 && ends[1].revents == 0) {
      auto message = TRY((parent.expect<Envelope, Leave>(Deadline::never())));
      if (auto* envelope = std::get_if<Envelope>(&message)) return Order(std::move(*envelope));
      return Order(Leave{});
    }
  }
  const auto word = server.read_reply(Step::mail);
  server.abandon();
  return Unexpected{{ExitCode::temporary_failure, "the server has ended the kept connection; nothing was sent",
                     word ? word->text : std::string(), Cause::plain}};
}

Result<MailTransaction> receive_recipients(Envelope envelope, ParentChannel& parent) {
  MailTransaction mail{std::move(envelope), {}};
  if (mail.envelope.recipients == 0) return fail(parent.socket().lied("an Envelope without recipients"));
  while (mail.recipients.size() < mail.envelope.recipients) {
    const Recipients some = TRY(parent.expect_one<Recipients>(Deadline::never()));
    if (some.recipients.empty()) return fail(parent.socket().lied("no Recipients"));
    for (const Recipient& recipient : some.recipients) {
      if (recipient.forward_path.empty()) return fail(parent.socket().lied("an empty Recipient"));
      mail.recipients.push_back(recipient);
    }
  }
  if (mail.recipients.size() != mail.envelope.recipients) return fail(parent.socket().lied("too many Recipients"));
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

// What an order asks for, up to the message to the parent that says so. Whoever has what it wants leaves the server
// first, unless it stays: the parent may end at once, and this process with it.
struct Execution {
  SmtpConnection& server;
  const Capabilities& offer;
  Protocol protocol;
  ParentChannel& parent;

  Result<void> operator()(Envelope& envelope) const {
    const MailTransaction mail = TRY(receive_recipients(std::move(envelope), parent));
    TRY(check_offer(mail, offer));
    const Refusals refusals = TRY(send_mail(server, offer, mail, protocol, parent));
    const std::string verdict = TRY(await_delivery(server, mail, refusals, protocol, parent));
    if (!server.stays()) server.leave();
    return parent.send(Delivered{Text<max_reply_text>::cut(verdict)});
  }

  Result<void> operator()(const QueueStart& order) const {
    TRY(start_queue(server, offer, order));
    server.leave();
    return parent.send(QueueStarted{});
  }

  Result<void> operator()(const Leave&) const {
    server.leave();
    return parent.send(Left{});
  }
};

}  // namespace

Result<void> serve_orders(SmtpConnection& server, const Capabilities& offer, Protocol protocol, ParentChannel& parent,
                          SaslChannel& sasl) {
  TRY(parent.send(offer));
  Order order = TRY(next_order(server, offer, parent, sasl));
  sasl.close();
  const Execution execution{server, offer, protocol, parent};
  while (server.stays() && std::holds_alternative<Envelope>(order)) {
    TRY(std::visit(execution, order));
    order = TRY(order_after_mail(server, parent));
  }
  return std::visit(execution, order);
}

}  // namespace msmtp
