// What an SMTP server answers to which command when (RFC 5321, 4.1.4; RFC 3030; RFC 2034): a state and no descriptor.
// Whether an address or a mail is accepted is for the parent to say; everything else is settled here.
#pragma once

#include "common/messages.hpp"
#include "netproc/server_command.hpp"
#include "netproc/server_data.hpp"
#include "netproc/server_reply.hpp"

#include <cstdint>
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
// The last reply; REASON is empty when the client wanted to go.
struct Close {
  ServerReply reply;
  std::string reason;
};
using ServerAction = std::variant<Say, AskForMail, AskForRecipient, TakeData, TakeChunk, SkipChunk, Close>;

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

  // How content ended; then there is no mail. A refused one is an error of the client or its mail, and counts, unless
  // it is a temporary one.
  ServerReply content_answered(const ClientAnswer& answer);
  ServerReply content_too_large();
  // A BDAT that is not the last was taken.
  static ServerReply chunk_taken(std::uint64_t size);

  bool has_mail() const { return has_mail_; }

 private:
  ServerAction act_on(const HelloCommand& command);
  ServerAction act_on(const MailCommand& command);
  ServerAction act_on(const RcptCommand& command);
  ServerAction act_on(const BdatCommand& command);
  ServerAction act_on(PlainCommand command);
  ServerAction act_on(const Refusal& refusal);
  ServerAction act_on(BrokenChunk);
  ServerAction act_on(ForeignProtocol);
  ServerAction data();
  ServerAction refuse(int code, std::string_view text);
  ServerReply counted(ServerReply reply);
  void forget_mail();

  Serve settings_;
  std::string client_name_;
  bool extended_ = false;
  bool has_mail_ = false;
  bool in_chunks_ = false;  // BDAT has begun
  std::uint32_t recipients_ = 0;
  int errors_ = 0;
};

}  // namespace msmtp
