// One session of an SMTP server.
#include "parent/smtp_session.hpp"

#include "common/text.hpp"
#include "parent/delivery_answer.hpp"
#include "parent/envelope_address.hpp"

#include <cerrno>
#include <chrono>
#include <poll.h>
#include <span>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

// How much longer than its own timer the server may take.
constexpr std::chrono::seconds grace(5);
constexpr std::chrono::seconds patience(30);

}  // namespace

ClientAnswer client_answer(std::uint16_t code, std::string_view text) {
  return {code, *Line<ClientAnswer::max_text>::from(printable(text).substr(0, ClientAnswer::max_text))};
}

Result<ClientAnswer> MailService::begin(NewMail&) {
  return client_answer(250, "2.1.0 Ok");
}

Result<ClientAnswer> MailService::add(const SessionMail&, std::string_view) {
  return client_answer(250, "2.1.5 Ok");
}

std::string_view MailService::content(std::string_view piece, bool) {
  return piece;
}

void MailService::hear(std::string_view errors) {
  while (!errors.empty()) {
    const ssize_t written = write(STDERR_FILENO, errors.data(), errors.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) errors.remove_prefix(static_cast<std::size_t>(written));
  }
}

ClientAnswer MailService::end(int status, std::string_view errors) {
  return delivery_answer(status, errors);
}

SmtpSession::SmtpSession(Crew& crew, MailService& service, const Serve& settings)
    : crew_(crew),
      service_(service),
      settings_(settings),
      end_(settings.total_seconds == 0 ? Deadline::never()
                                       : Deadline::in(std::chrono::seconds(settings.total_seconds) + grace)) {}

Error SmtpSession::lied(std::string_view what) const {
  return crew_.server->socket().lied(what);
}

// What the server logs comes before what it says next.
Result<void> SmtpSession::await_server() {
  for (;;) {
    std::vector<Crew::Polled> polled{{crew_.server->fd().number(), POLLIN}, {retirement_, POLLIN}};
    const bool in_time = crew_.wait(polled, end_);
    if (polled[1].ready) {
      retirement_ = -1;
      mails_left_ = 1;
      // When it is gone already, what it said before is still to be heard.
      const auto told = crew_.server->send(Retire{}, Deadline::in(patience));
      if (!told && told.error().cause != Cause::peer_gone) return fail(told.error());
    }
    if (polled[0].ready || !in_time) return {};
  }
}

template <class... Messages>
Result<std::variant<Messages...>> SmtpSession::next() {
  TRY(await_server());
  return crew_.server->expect<Messages...>(end_);
}

Result<void> SmtpSession::answer(const ClientAnswer& answer) {
  return crew_.server->send(answer, Deadline::in(patience));
}

// From here on nobody but the server has the client's socket: when it ends, the client sees that.
Result<void> SmtpSession::begin(std::optional<Fd> client) {
  const auto handed = client ? std::span<const Fd>(&*client, 1) : std::span<const Fd>();
  return crew_.server->send(settings_, Deadline::in(patience), handed);
}

Result<void> SmtpSession::run(std::optional<Fd> client) {
  TRY(begin(std::move(client)));
  for (;;) {
    const auto message = TRY((next<NewMail, Departed, Failed>()));
    if (const auto* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    const auto* sender = std::get_if<NewMail>(&message);
    if (sender != nullptr && mails_left_ && (*mails_left_)-- == 0) return fail(lied("a mail after it had to end"));
    if (sender == nullptr || TRY(take_mail(*sender)) == Next::end) return {};
  }
}

Result<void> SmtpSession::add_recipient(SessionMail& mail, const NewRecipient& recipient) {
  if (mail.recipients.size() >= settings_.max_recipients) return fail(lied("more recipients than there may be"));
  const std::string_view address = recipient.forward_path.view();
  const auto checked = check_address(address, "recipient address", ExitCode::usage);
  if (!checked || address.empty()) return answer(553, "5.1.3 " + (checked ? "no address" : checked.error().text));
  const ClientAnswer verdict = TRY(service_.add(mail, address));
  if (verdict.code < 400) mail.recipients.emplace_back(address);
  return answer(verdict);
}

Result<SmtpSession::Next> SmtpSession::take_mail(NewMail sender) {
  const auto checked = check_address(sender.reverse_path.view(), "envelope from address", ExitCode::usage);
  const ClientAnswer verdict =
      checked ? TRY(service_.begin(sender)) : client_answer(553, "5.1.7 " + checked.error().text);
  TRY(answer(verdict));
  if (verdict.code >= 400) return Next::mail;
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
  Delivery delivery{mail, {}, {}, {}};
  if (!service_.has_time()) start(delivery);
  if (delivery.failure) {
    TRY(refuse(*delivery.failure));
    return Next::mail;
  }
  TRY(answer(354, "go on"));
  return deliver(delivery);
}

void SmtpSession::start(Delivery& delivery) {
  if (delivery.process || delivery.failure) return;
  auto started = service_.start(delivery.mail);
  if (!started) {
    delivery.failure = std::move(started).error();
    return;
  }
  delivery.process.emplace(
      std::move(*started), crew_, [this](std::string_view errors) { service_.hear(errors); }, end_);
  if (!delivery.held.empty()) delivery.process->give(service_.content(std::exchange(delivery.held, {}), false));
}

// For a process that cannot be had the mail is dropped, and at its end the client hears why.
void SmtpSession::give(Delivery& delivery, std::string_view piece) {
  start(delivery);
  if (delivery.process) delivery.process->give(service_.content(piece, false));
}

Result<SmtpSession::Next> SmtpSession::deliver(Delivery& delivery) {
  for (std::uint64_t octets = 0;;) {
    const auto message = TRY((next<Chunk, ChunkEnd, Abandoned, Departed, Failed>()));
    if (const auto* failure = std::get_if<Failed>(&message)) return fail(error_of(*failure));
    if (std::holds_alternative<Abandoned>(message)) return Next::mail;
    if (std::holds_alternative<Departed>(message)) return Next::end;
    if (const auto* end = std::get_if<ChunkEnd>(&message)) {
      if (end->octets != octets) return fail(lied("a mail of another size than it says"));
      TRY(finish(delivery));
      return Next::mail;
    }
    const std::string_view piece = std::get<Chunk>(message).bytes.view();
    const bool is_first = octets == 0;
    octets += piece.size();
    if (settings_.size_limit > 0 && octets > settings_.size_limit) return fail(lied("a mail that is too large"));
    if (is_first && !delivery.process) {
      delivery.held = piece;
    } else {
      give(delivery, piece);
    }
  }
}

Result<void> SmtpSession::finish(Delivery& delivery) {
  start(delivery);
  if (!delivery.process) return refuse(*delivery.failure);
  delivery.process->give(service_.content({}, true));
  const int status = delivery.process->finish();
  return answer(service_.end(status, delivery.process->errors()));
}

}  // namespace msmtp
