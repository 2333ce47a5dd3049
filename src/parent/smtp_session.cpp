// One session of an SMTP server.
#include "parent/smtp_session.hpp"

#include "common/text.hpp"
#include "parent/delivery_answer.hpp"
#include "parent/envelope_address.hpp"

#include <chrono>
#include <poll.h>
#include <utility>

namespace msmtp {

namespace {

// How much longer than its own timer the server may take.
constexpr std::chrono::seconds grace(5);
constexpr std::chrono::seconds patience(30);

}  // namespace

SmtpSession::SmtpSession(Crew& crew, StartDelivery start, const Serve& settings)
    : crew_(crew),
      start_(std::move(start)),
      settings_(settings),
      end_(settings.total_seconds == 0 ? Deadline::never()
                                       : Deadline::in(std::chrono::seconds(settings.total_seconds) + grace)) {}

Error SmtpSession::lied(std::string_view what) const {
  return crew_.server->socket().lied(what);
}

// What the server logs comes before what it says next.
template <class... Messages>
Result<std::variant<Messages...>> SmtpSession::next() {
  std::vector<Crew::Polled> polled{{crew_.server->fd().number(), POLLIN}};
  (void)crew_.wait(polled, end_);
  return crew_.server->expect<Messages...>(end_);
}

Result<void> SmtpSession::answer(std::uint16_t code, std::string_view text) {
  const auto line = Line<ClientAnswer::max_text>::from(printable(text).substr(0, ClientAnswer::max_text));
  return crew_.server->send(ClientAnswer{code, *line}, Deadline::in(patience));
}

Result<void> SmtpSession::run() {
  TRY(crew_.server->send(settings_, Deadline::in(patience)));
  for (;;) {
    const auto message = TRY((next<NewMail, Departed, Failed>()));
    if (const auto* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    const auto* sender = std::get_if<NewMail>(&message);
    if (sender == nullptr || TRY(take_mail(*sender)) == Next::end) return {};
  }
}

Result<void> SmtpSession::add_recipient(SessionMail& mail, const NewRecipient& recipient) {
  if (mail.recipients.size() >= settings_.max_recipients) return fail(lied("more recipients than there may be"));
  const std::string_view address = recipient.forward_path.view();
  const auto checked = check_address(address, "recipient address", ExitCode::usage);
  if (!checked || address.empty()) return answer(553, "5.1.3 " + (checked ? "no address" : checked.error().text));
  mail.recipients.emplace_back(address);
  return answer(250, "2.1.5 Ok");
}

Result<SmtpSession::Next> SmtpSession::take_mail(const NewMail& sender) {
  const auto checked = check_address(sender.reverse_path.view(), "envelope from address", ExitCode::usage);
  if (!checked) {
    TRY(answer(553, "5.1.7 " + checked.error().text));
    return Next::mail;
  }
  TRY(answer(250, "2.1.0 Ok"));
  SessionMail mail{sender, {}};
  for (;;) {
    const auto message = TRY((next<NewRecipient, Content, Abandoned, Departed, Failed>()));
    if (const auto* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    if (std::holds_alternative<Abandoned>(message)) return Next::mail;
    if (std::holds_alternative<Departed>(message)) return Next::end;
    if (std::holds_alternative<Content>(message)) return take_content(mail);
    TRY(add_recipient(mail, std::get<NewRecipient>(message)));
  }
}

Result<SmtpSession::Next> SmtpSession::take_content(const SessionMail& mail) {
  if (mail.recipients.empty()) return fail(lied("a mail without recipients"));
  auto started = start_(mail);
  if (!started) {
    TRY(answer(451, "4.3.0 " + started.error().text));
    return Next::mail;
  }
  MailDelivery delivery(std::move(*started), crew_);
  TRY(answer(354, "go on"));
  return deliver(delivery);
}

Result<SmtpSession::Next> SmtpSession::deliver(MailDelivery& delivery) {
  std::string piece;
  for (std::uint64_t octets = 0;; octets += piece.size()) {
    const auto message = TRY((next<Chunk, ChunkEnd, Abandoned, Departed, Failed>()));
    if (const auto* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    if (std::holds_alternative<Abandoned>(message)) return Next::mail;
    if (std::holds_alternative<Departed>(message)) return Next::end;
    if (const auto* end = std::get_if<ChunkEnd>(&message)) {
      if (end->octets != octets) return fail(lied("a mail of another size than it says"));
      const int status = delivery.finish();
      const ClientAnswer verdict = delivery_answer(status, delivery.errors());
      TRY(answer(verdict.code, verdict.text.view()));
      return Next::mail;
    }
    piece = std::get<Chunk>(message).bytes.view();
    delivery.give(piece);
  }
}

}  // namespace msmtp
