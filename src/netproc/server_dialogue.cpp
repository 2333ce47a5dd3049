// What an SMTP server answers to which command when.
#include "netproc/server_dialogue.hpp"

#include <utility>

namespace msmtp {

namespace {

ServerReply reply_of(const ClientAnswer& answer) {
  return {answer.code, answer.text.str()};
}

bool is_yes(const ClientAnswer& answer) {
  return answer.code < 400;
}

constexpr std::string_view help_text =
    "2.0.0 EHLO HELO MAIL RCPT DATA BDAT\n"
    "2.0.0 RSET NOOP VRFY HELP QUIT";

}  // namespace

ServerReply ServerDialogue::greeting() const {
  return {220, settings_.name.str() + " ESMTP msmtp"};
}

ServerAction ServerDialogue::act(const ServerCommand& command) {
  ServerAction action = std::visit([this](const auto& known) { return act_on(known); }, command);
  if (errors_ < max_errors) return action;
  return Close{{421, "4.7.0 too many errors"}, "the SMTP client made too many errors"};
}

ServerAction ServerDialogue::refuse(int code, std::string_view text) {
  return Say{counted({code, std::string(text)})};
}

ServerReply ServerDialogue::counted(ServerReply reply) {
  if (reply.code >= 500) ++errors_;
  return reply;
}

void ServerDialogue::forget_mail() {
  has_mail_ = in_chunks_ = false;
  recipients_ = 0;
}

ServerAction ServerDialogue::act_on(const HelloCommand& command) {
  const bool had_mail = has_mail_;
  forget_mail();
  client_name_ = command.name;
  extended_ = command.extended;
  std::string text = settings_.name.str();
  if (extended_) {
    text += "\nPIPELINING\nSIZE";
    if (settings_.size_limit > 0) text += " " + std::to_string(settings_.size_limit);
    text += "\n8BITMIME\nSMTPUTF8\nCHUNKING\nENHANCEDSTATUSCODES";
  }
  return Say{{250, text}, had_mail};
}

ServerAction ServerDialogue::act_on(const MailCommand& command) {
  if (client_name_.empty()) return refuse(503, "5.5.1 EHLO or HELO first");
  if (has_mail_) return refuse(503, "5.5.1 there is a mail already; RSET ends it");
  if (settings_.size_limit > 0 && command.size > settings_.size_limit) {
    return refuse(552, "5.3.4 the mail is too large");
  }
  const auto reverse_path = Line<max_mailbox>::from(command.path);
  const auto client_name = Line<255>::from(client_name_);
  if (!reverse_path || !client_name) return refuse(501, "5.1.7 bad address");
  return AskForMail{
      {*reverse_path, command.size_known, command.size, command.eight_bit, command.smtputf8, *client_name, extended_}};
}

Say ServerDialogue::mail_answered(const ClientAnswer& answer) {
  has_mail_ = is_yes(answer);
  return {counted(reply_of(answer))};
}

ServerAction ServerDialogue::act_on(const RcptCommand& command) {
  if (!has_mail_) return refuse(503, "5.5.1 MAIL first");
  if (in_chunks_) return refuse(503, "5.5.1 the content has begun");
  // Not an error: the client may send the mail to these, and to the others in another one (RFC 5321, 4.5.3.1.10).
  if (recipients_ >= settings_.max_recipients) return Say{{452, "4.5.3 too many recipients"}};
  const auto forward_path = Line<max_mailbox>::from(command.path);
  if (!forward_path) return refuse(501, "5.1.3 bad address");
  return AskForRecipient{{*forward_path}};
}

Say ServerDialogue::recipient_answered(const ClientAnswer& answer) {
  if (is_yes(answer)) ++recipients_;
  return {counted(reply_of(answer))};
}

ServerAction ServerDialogue::data() {
  if (!has_mail_) return refuse(503, "5.5.1 MAIL first");
  if (in_chunks_) return refuse(503, "5.5.1 BDAT has begun");
  if (recipients_ == 0) return refuse(554, "5.5.1 no valid recipients");
  return TakeData{};
}

// The octets come whatever is answered, for BDAT waits for nobody (RFC 3030, 2).
ServerAction ServerDialogue::act_on(const BdatCommand& command) {
  const auto skip = [&](std::string_view text) { return SkipChunk{command.size, counted({503, std::string(text)})}; };
  if (!has_mail_) return skip("5.5.1 MAIL first");
  if (recipients_ == 0) return skip("5.5.1 no valid recipients");
  return TakeChunk{command.size, !std::exchange(in_chunks_, true), command.last};
}

ServerAction ServerDialogue::act_on(PlainCommand command) {
  switch (command) {
    case PlainCommand::data: return data();
    case PlainCommand::rset: {
      const bool had_mail = has_mail_;
      forget_mail();
      return Say{{250, "2.0.0 Ok"}, had_mail};
    }
    case PlainCommand::noop: return Say{{250, "2.0.0 Ok"}};
    case PlainCommand::vrfy: return Say{{252, "2.5.0 cannot say; send a mail, and see"}};
    case PlainCommand::help: return Say{{214, std::string(help_text)}};
    case PlainCommand::quit: return Close{{221, "2.0.0 Bye"}, {}};
  }
  return refuse(500, "5.5.1 command not recognized");
}

ServerAction ServerDialogue::act_on(const Refusal& refusal) {
  return refuse(refusal.code, refusal.text);
}

ServerAction ServerDialogue::act_on(BrokenChunk) {
  return Close{{501, "5.5.4 expected BDAT size [LAST]"}, "the SMTP client sent a BDAT that cannot be read"};
}

ServerAction ServerDialogue::act_on(ForeignProtocol) {
  return Close{{554, "5.5.1 this is SMTP"}, "the client does not speak SMTP"};
}

ServerReply ServerDialogue::content_answered(const ClientAnswer& answer) {
  forget_mail();
  if (is_yes(answer)) errors_ = 0;
  return reply_of(answer);
}

ServerReply ServerDialogue::content_too_large() {
  forget_mail();
  return counted({552, "5.3.4 the mail is too large"});
}

ServerReply ServerDialogue::chunk_taken(std::uint64_t size) {
  return {250, "2.0.0 " + std::to_string(size) + " octets received"};
}

}  // namespace msmtp
