// One session of an SMTP server as the parent sees it: bounded messages from the process that reads the client, and for
// each mail a process that takes it. Which that is, is for the caller to say.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"
#include "parent/crew.hpp"
#include "parent/mail_delivery.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msmtp {

// The envelope, every address checked.
struct SessionMail {
  NewMail sender;
  std::vector<std::string> recipients;  // at least one
};

ClientAnswer client_answer(std::uint16_t code, std::string_view text);

// What becomes of the mails of a session. For each of them these are called in this order, and after any of them it may
// be over.
class MailService {
 public:
  virtual ~MailService() = default;

  // MAIL, whose reverse-path is one; it may be changed here. The answer, of which 4yz and 5yz are a refusal; an error
  // ends the session.
  virtual Result<ClientAnswer> begin(NewMail& sender);
  // RCPT, whose forward-path is one. The answer likewise.
  virtual Result<ClientAnswer> add(const SessionMail& mail, std::string_view recipient);
  // Whether start() can wait until a mail is whole, where it is so small that it comes in one piece. Then nobody ever
  // has half of it, and a client that is slow keeps no process waiting.
  virtual bool has_time() const { return false; }
  // DATA or the first BDAT, or later: the process that takes the mail. When it cannot be had the client hears why, and
  // may try again.
  virtual Result<DeliveryEnds> start(const SessionMail& mail) = 0;
  // What the process gets for PIECE of the content; LAST: and there is no more. Good until the next call.
  virtual std::string_view content(std::string_view piece, bool last);
  // What the process writes to its standard error. Unless it is overridden: to ours.
  virtual void hear(std::string_view errors);
  // The process has ended, with STATUS as wait(2) has it, after the whole mail. The answer; unless it is overridden:
  // delivery_answer().
  virtual ClientAnswer end(int status, std::string_view errors);
};

class SmtpSession {
 public:
  // CREW has a server. All is borrowed.
  SmtpSession(Crew& crew, MailService& service, const Serve& settings);

  // When descriptor NUMBER has something to read, or ends, the mail that there is becomes the last one (Retire).
  void retire_with(int number) { retirement_ = number; }

  // Until the client leaves, whatever became of its mails. Otherwise why the session ended before; a mail whose end had
  // not come is not sent then. Cause::peer_silent when it outlives its total_seconds. CLIENT: its socket, where the
  // server has not got it yet.
  Result<void> run(std::optional<Fd> client = {});

 private:
  enum class Next : std::uint8_t { mail, end };

  Result<void> begin(std::optional<Fd> client);
  Result<Next> take_mail(NewMail sender);
  // A mail while its content comes: either of both once it was tried to start what takes it.
  struct Delivery {
    const SessionMail& mail;
    std::string held;  // the first piece, until then
    std::optional<MailDelivery> process;
    std::optional<Error> failure;
  };

  Result<Next> take_content(const SessionMail& mail);
  Result<Next> deliver(Delivery& delivery);
  Result<void> finish(Delivery& delivery);
  void start(Delivery& delivery);
  void give(Delivery& delivery, std::string_view piece);
  Result<void> refuse(const Error& failure) { return answer(451, "4.3.0 " + failure.text); }
  Result<void> add_recipient(SessionMail& mail, const NewRecipient& recipient);
  Result<void> answer(const ClientAnswer& answer);
  Result<void> answer(std::uint16_t code, std::string_view text) { return answer(client_answer(code, text)); }
  Result<void> await_server();
  template <class... Messages>
  Result<std::variant<Messages...>> next();
  Error lied(std::string_view what) const;

  Crew& crew_;
  MailService& service_;
  Serve settings_;
  Deadline end_;
  int retirement_ = -1;
  std::optional<std::uint32_t> mails_left_;  // after Retire: the one that may have been on its way
};

}  // namespace msmtp
