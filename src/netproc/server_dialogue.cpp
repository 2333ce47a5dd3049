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

}  // namespace

ServerReply ServerDialogue::greeting() const {
  return {220, settings_.name.str() + (settings_.lmtp ? " LMTP " : " ESMTP ") + settings_.program.str()};
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

// What a command that has to do with mails needs before it.
std::optional<Refusal> ServerDialogue::not_yet() const {
  if (client_name_.empty()) {
    return settings_.lmtp ? Refusal{503, "5.5.1 LHLO first"} : Refusal{503, "5.5.1 EHLO or HELO first"};
  }
  if (settings_.login && !logged_in_) return Refusal{530, "5.7.0 Authentication required"};
  return std::nullopt;
}

ServerAction ServerDialogue::act_on(const HelloCommand& command) {
  if (command.lmtp && !settings_.lmtp) return refuse(500, "5.5.1 this is SMTP, and not LMTP");
  if (!command.lmtp && settings_.lmtp) return refuse(500, "5.5.1 this is LMTP, and not SMTP");
  const bool had_mail = has_mail_;
  forget_mail();
  client_name_ = command.name;
  extended_ = command.extended;
  std::string text = settings_.name.str();
  if (extended_) {
    text += "\nPIPELINING\nSIZE";
    if (settings_.size_limit > 0) text += " " + std::to_string(settings_.size_limit);
    text += "\n8BITMIME\nSMTPUTF8\nCHUNKING\nENHANCEDSTATUSCODES";
    if (settings_.login) text += "\nAUTH " + login_offer();
  }
  return Say{{250, text}, had_mail};
}

ServerAction ServerDialogue::act_on(const MailFromCommand& command) {
  if (const auto refusal = not_yet()) return act_on(*refusal);
  if (command.names_author && !settings_.login) return refuse(555, "5.5.4 parameter not recognized");
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
  if (const auto refusal = not_yet()) return act_on(*refusal);
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
  if (const auto refusal = not_yet()) return act_on(*refusal);
  if (!has_mail_) return refuse(503, "5.5.1 MAIL first");
  if (in_chunks_) return refuse(503, "5.5.1 BDAT has begun");
  if (recipients_ == 0) return refuse(554, "5.5.1 no valid recipients");
  return TakeData{};
}

// The octets come whatever is answered, for BDAT waits for nobody (RFC 3030, 2).
ServerAction ServerDialogue::act_on(const BdatCommand& command) {
  const auto skip = [&](const Refusal& refusal) {
    return SkipChunk{command.size, counted({refusal.code, std::string(refusal.text)})};
  };
  if (const auto refusal = not_yet()) return skip(*refusal);
  if (!has_mail_) return skip({503, "5.5.1 MAIL first"});
  if (recipients_ == 0) return skip({503, "5.5.1 no valid recipients"});
  return TakeChunk{command.size, !std::exchange(in_chunks_, true), command.last};
}

ServerAction ServerDialogue::act_on(const AuthCommand& command) {
  if (!settings_.login) return refuse(502, "5.5.1 command not implemented");
  if (client_name_.empty()) return act_on(*not_yet());
  if (logged_in_) return refuse(503, "5.5.1 already authenticated");
  const auto mechanism = login_mechanism(command.mechanism);
  if (!mechanism) return refuse(504, "5.5.4 unknown authentication method");
  return TakeLogin{*mechanism, command.response};
}

ServerAction ServerDialogue::login_ended(LoginEnd end) {
  switch (end) {
    case LoginEnd::accepted: logged_in_ = true; return Say{{235, "2.7.0 Authentication successful"}};
    case LoginEnd::cancelled: return refuse(501, "5.7.0 Authentication cancelled");
    case LoginEnd::malformed: return refuse(501, "5.5.2 base64 was expected");
    case LoginEnd::too_long: return refuse(500, "5.5.6 the line is too long");
    case LoginEnd::unavailable: return Say{{454, "4.7.0 Temporary authentication failure"}};
    case LoginEnd::refused: break;
  }
  if (++failed_logins_ < max_failed_logins) return refuse(535, "5.7.8 Authentication failed");
  return Close{{421, "4.7.0 Authentication failed too often"}, "the SMTP client failed to log in too often"};
}

std::string ServerDialogue::help() const {
  return std::string("2.0.0 ") + (settings_.lmtp ? "LHLO" : "EHLO HELO") + (settings_.login ? " AUTH" : "") +
         " MAIL RCPT DATA BDAT\n2.0.0 RSET NOOP VRFY HELP QUIT";
}

ServerReply ServerDialogue::farewell() const {
  return {421, "4.3.2 " + settings_.program.str() + " is about to end"};
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
    case PlainCommand::vrfy: return vrfy();
    case PlainCommand::help: return Say{{214, help()}};
    case PlainCommand::quit: return Close{{221, "2.0.0 Bye"}, {}};
  }
  return refuse(500, "5.5.1 command not recognized");
}

// Not before a login: to whom would it be said. Before EHLO it is legal (RFC 5321, 4.1.4).
ServerAction ServerDialogue::vrfy() {
  if (settings_.login && !logged_in_) return refuse(530, "5.7.0 Authentication required");
  return Say{{252, "2.5.0 cannot say; send a mail, and see"}};
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

// RFC 2033, 4.2 and 4.3: a reply for each recipient once the end of the mail has come, and one before.
Verdicts ServerDialogue::verdicts(ServerReply reply, bool all_came) {
  const std::uint32_t times = settings_.lmtp && all_came ? recipients_ : 1;
  forget_mail();
  return {std::move(reply), times};
}

Verdicts ServerDialogue::content_unwanted(const ClientAnswer& answer, bool all_came) {
  return verdicts(reply_of(answer), all_came);
}

Verdicts ServerDialogue::content_answered(const ClientAnswer& answer) {
  if (is_yes(answer)) errors_ = 0;
  return verdicts(reply_of(answer), true);
}

Verdicts ServerDialogue::content_given_up(const Refusal& refusal, bool all_came) {
  return verdicts(counted({refusal.code, std::string(refusal.text)}), all_came);
}

ServerReply ServerDialogue::chunk_taken(std::uint64_t size) {
  return {250, "2.0.0 " + std::to_string(size) + " octets received"};
}

}  // namespace msmtp
