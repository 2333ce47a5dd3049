// What an SMTP server answers to which command when (RFC 5321, 4.1.4; RFC 3030; RFC 2034; RFC 4954; LMTP: RFC 2033): a
// state and no descriptor. Whether an address or a mail is accepted is for the parent to say, and whether a login is
// for the verifier; everything else is settled here.
#pragma once

#include "common/messages.hpp"
#include "netproc/server_command.hpp"
#include "netproc/server_data.hpp"
#include "netproc/server_login.hpp"
#include "netproc/server_reply.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace msmtp {

// What a command asks of whoever holds the descriptors.
struct Say {
  ServerReply reply;
  bool abandons = false;  // the parent is told first that there is no mail any more
};
struct AskForMail {
  NewMail mail;
};
struct AskForRecipient {
  NewRecipient recipient;
};
// Content follows in the form of DATA, once the parent has accepted it.
struct TakeData {};
// Octets follow. Where FIRST is set the parent has to accept the content before.
struct TakeChunk {
  std::uint64_t size = 0;
  bool first = false;
  bool last = false;
};
// Octets follow that are for nobody; then this is said.
struct SkipChunk {
  std::uint64_t size = 0;
  ServerReply reply;
};
// An exchange with the verifier follows. RESPONSE is the initial one, as the client wrote it, in the line's memory.
struct TakeLogin {
  Mechanism mechanism = Mechanism::plain;
  std::optional<std::string_view> response;
};
// The last reply; REASON is empty when the client wanted to go.
struct Close {
  ServerReply reply;
  std::string reason;
};
using ServerAction = std::variant<Say, AskForMail, AskForRecipient, TakeData, TakeChunk, SkipChunk, TakeLogin, Close>;

// What is said about a mail: under LMTP once for each of its recipients.
struct Verdicts {
  ServerReply reply;
  std::uint32_t times = 1;
};

class ServerDialogue {
 public:
  // After so many errors without a mail that was accepted the session ends.
  static constexpr int max_errors = 20;

  explicit ServerDialogue(const Serve& settings) : settings_(settings) {}

  ServerReply greeting() const;
  ServerAction act(const ServerCommand& command);

  // The parent's word on what was asked for, as the client is told it.
  Say mail_answered(const ClientAnswer& answer);
  Say recipient_answered(const ClientAnswer& answer);

  // The parent does not want the content, which perhaps has come already (ALL_CAME); then there is no mail.
  Verdicts content_unwanted(const ClientAnswer& answer, bool all_came);
  // How content ended; then there is no mail.
  Verdicts content_answered(const ClientAnswer& answer);
  // Content that was given up; with BDAT perhaps before its end. An error of the client or its mail.
  Verdicts content_given_up(const Refusal& refusal, bool all_came);
  // A BDAT that is not the last was taken.
  static ServerReply chunk_taken(std::uint64_t size);

  // How an exchange ended, as the client is told it.
  ServerAction login_ended(LoginEnd end);

  // The server is about to end; legal when there is no mail.
  ServerReply farewell() const;

  bool has_mail() const { return has_mail_; }

 private:
  ServerAction act_on(const HelloCommand& command);
  ServerAction act_on(const MailFromCommand& command);
  ServerAction act_on(const RcptCommand& command);
  ServerAction act_on(const BdatCommand& command);
  ServerAction act_on(const AuthCommand& command);
  ServerAction act_on(PlainCommand command);
  ServerAction act_on(const Refusal& refusal);
  ServerAction act_on(BrokenChunk);
  ServerAction act_on(ForeignProtocol);
  ServerAction data();
  ServerAction vrfy();
  ServerAction refuse(int code, std::string_view text);
  std::optional<Refusal> not_yet() const;
  ServerReply counted(ServerReply reply);
  Verdicts verdicts(ServerReply reply, bool all_came);
  void forget_mail();
  std::string help() const;

  Serve settings_;
  std::string client_name_;
  bool extended_ = false;
  bool has_mail_ = false;
  bool in_chunks_ = false;  // BDAT has begun
  std::uint32_t recipients_ = 0;
  bool logged_in_ = false;
  int failed_logins_ = 0;
  int errors_ = 0;
};

}  // namespace msmtp
