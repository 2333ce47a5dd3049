// One session of an SMTP server as the parent sees it: bounded messages from the process that reads the client, and for
// each mail a process that takes it. Which that is, is for the caller to say.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "parent/crew.hpp"
#include "parent/mail_delivery.hpp"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace msmtp {

// The envelope, every address checked.
struct SessionMail {
  NewMail sender;
  std::vector<std::string> recipients;  // at least one
};

class SmtpSession {
 public:
  using StartDelivery = std::function<Result<DeliveryEnds>(const SessionMail&)>;

  // CREW has a server. START begins a delivery; when it cannot, the client is told to try again.
  SmtpSession(Crew& crew, StartDelivery start, const Serve& settings);

  // Until the client leaves, whatever became of its mails. Otherwise why the session ended before; a mail whose end had
  // not come is not sent then. Cause::peer_silent when it outlives its total_seconds.
  Result<void> run();

 private:
  enum class Next : std::uint8_t { mail, end };

  Result<Next> take_mail(const NewMail& sender);
  Result<Next> take_content(const SessionMail& mail);
  Result<Next> deliver(MailDelivery& delivery);
  Result<void> add_recipient(SessionMail& mail, const NewRecipient& recipient);
  Result<void> answer(std::uint16_t code, std::string_view text);
  template <class... Messages>
  Result<std::variant<Messages...>> next();
  Error lied(std::string_view what) const;

  Crew& crew_;
  StartDelivery start_;
  Serve settings_;
  Deadline end_;
};

}  // namespace msmtp
