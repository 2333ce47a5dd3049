// The mails of one msmtpd session, each for a command.
#pragma once

#include "parent/client_names.hpp"
#include "parent/client_session.hpp"
#include "parent/command_delivery.hpp"
#include "parent/line_ends.hpp"
#include "parent/smtp_session.hpp"

#include <optional>
#include <string>

namespace msmtp {

class CommandService final : public MailService {
 public:
  // All is borrowed. CLIENT: nothing when it has neither an address nor ids. CHECK: where it has to log in.
  CommandService(const SessionPlan& plan, const std::optional<NewClient>& client, ClientNames& names,
                 CommandStarter& starter, CheckEnd* check)
      : plan_(plan), client_(client), names_(names), starter_(starter), check_(check) {}

  Result<ClientAnswer> begin(NewMail& sender) override;
  Result<ClientAnswer> add(const SessionMail& mail, std::string_view recipient) override;
  bool has_time() const override { return true; }
  Result<DeliveryEnds> start(const SessionMail& mail) override;
  std::string_view content(std::string_view piece, bool last) override;
  void hear(std::string_view errors) override;
  ClientAnswer end(int status, std::string_view errors) override;

 private:
  Result<void> require_login();
  Result<void> force_sender(NewMail& sender);
  void begin_content(const NewMail& sender);
  void log_line_of_command();

  const SessionPlan& plan_;
  const std::optional<NewClient>& client_;
  ClientNames& names_;
  CommandStarter& starter_;
  CheckEnd* check_;  // null once the client has logged in
  bool looked_for_sender_ = false;
  std::optional<std::string> forced_sender_;

  // The mail that is being taken.
  std::size_t size_of_words_ = 0;
  std::uint64_t octets_ = 0;
  LineEndConverter converter_;
  std::string text_;  // what the command gets next
  std::string line_;  // of the command's standard error
  std::size_t lines_ = 0;
};

}  // namespace msmtp
