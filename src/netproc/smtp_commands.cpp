// Building of commands.
#include "netproc/smtp_commands.hpp"

#include <string>

namespace msmtp {

namespace {

Result<CommandLine> command(std::string_view verb, const std::string& text) {
  auto line = CommandLine::from(text);
  if (!line) return fail(ExitCode::data_error, "command " + std::string(verb) + " is too long");
  return std::move(*line);
}

// Whether PATH ends where the angle bracket behind it stands, and not before.
bool stays_in_brackets(std::string_view path) {
  bool quoted = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted) ++i;
    if (!quoted && (c == ' ' || c == '\t' || c == '<' || c == '>')) return false;
  }
  return !quoted;
}

Result<void> check_path(std::string_view path) {
  if (stays_in_brackets(path)) return {};
  return fail(ExitCode::data_error, "address " + std::string(path) + " cannot be sent: it is not a mailbox");
}

}  // namespace

Result<CommandLine> ehlo_command(const Line<max_host>& name) {
  return command("EHLO", "EHLO " + name.str());
}

Result<CommandLine> helo_command(const Line<max_host>& name) {
  return command("HELO", "HELO " + name.str());
}

Result<CommandLine> lhlo_command(const Line<max_host>& name) {
  return command("LHLO", "LHLO " + name.str());
}

Result<CommandLine> mail_command(const Envelope& envelope, const Capabilities& offer) {
  TRY(check_path(envelope.reverse_path.view()));
  std::string text = "MAIL FROM:<" + envelope.reverse_path.str() + ">";
  if (offer.dsn && !envelope.dsn_return.empty()) text += " RET=" + envelope.dsn_return.str();
  if (offer.size && envelope.size_known) text += " SIZE=" + std::to_string(envelope.size);
  if (offer.eight_bit_mime && envelope.eight_bit) text += " BODY=8BITMIME";
  if (offer.smtputf8 && envelope.smtputf8) text += " SMTPUTF8";
  return command("MAIL", text);
}

Result<CommandLine> rcpt_command(const Recipient& recipient, const Envelope& envelope) {
  TRY(check_path(recipient.forward_path.view()));
  std::string text = "RCPT TO:<" + recipient.forward_path.str() + ">";
  if (!envelope.dsn_notify.empty()) text += " NOTIFY=" + envelope.dsn_notify.str();
  return command("RCPT", text);
}

CommandLine bdat_command(std::size_t octets, bool last) {
  return fixed_command("BDAT " + std::to_string(octets) + (last ? " LAST" : ""));
}

Result<CommandLine> etrn_command(const Line<max_queue_argument>& argument) {
  return command("ETRN", argument.empty() ? "ETRN" : "ETRN " + argument.str());
}

CommandLine fixed_command(std::string_view text) {
  return CommandLine::from(text).value_or(CommandLine());
}

}  // namespace msmtp
