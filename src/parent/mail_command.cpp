// The command that msmtpd pipes mails to.
#include "parent/mail_command.hpp"

#include <algorithm>

namespace msmtp {

namespace {

// They join their words to a text, which a shell parses.
constexpr std::string_view joining[] = {"ssh", "rsh", "slogin", "dbclient", "su", "runuser", "eval", "parallel"};
// They take a word as a program in their language.
constexpr std::string_view interpreting[] = {"sh",  "ash",  "bash", "dash", "ksh",    "mksh", "zsh",
                                             "csh", "tcsh", "fish", "awk",  "python", "perl", "ruby",
                                             "lua", "php",  "node", "gawk", "mawk"};

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool names_one_of(const std::vector<std::string>& words, const auto& programs) {
  return std::ranges::any_of(words, [&](std::string_view word) {
    std::string_view program = last_part(word);
    program = program.substr(0, program.find_last_not_of("0123456789.") + 1);  // python3.11
    return std::ranges::find(programs, program) != std::ranges::end(programs);
  });
}

bool is_plain_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         static_cast<unsigned char>(c) >= 0x80 || std::string_view("@._+/=-").find(c) != std::string_view::npos;
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, is_plain_byte);
}

// How a parameter of the shell stands there, without the shell's parsing what is in it.
std::string_view parameter(Quoting quoting) {
  switch (quoting) {
    case Quoting::none: return "\"${msmtpd_sender}\"";
    case Quoting::single_quotes: return "'\"${msmtpd_sender}\"'";
    case Quoting::double_quotes: return "${msmtpd_sender}";
  }
  return {};
}

std::string shell_text(std::string_view text, const std::optional<MarkPlace>& mark) {
  if (!mark) return ' ' + std::string(text) + " \"$@\"";  // the blank: no text is an option of the shell
  std::string whole = "msmtpd_sender=$1;shift;";
  whole += text.substr(0, mark->offset);
  whole += parameter(mark->quoting);
  whole += text.substr(mark->offset + 2);
  return whole + " \"$@\"";
}

Result<void> check(std::string_view address, bool may_be_option, bool becomes_text) {
  if (may_be_option && address.starts_with('-')) {
    return fail(ExitCode::usage, "the command would take the address for an option");
  }
  if (becomes_text && !is_plain(address)) {
    return fail(ExitCode::usage,
                "the command hands addresses to a shell, and this one has characters that it may expand");
  }
  return {};
}

}  // namespace

Result<MailCommand> MailCommand::parse(std::string_view text) {
  ShellWords scanned = TRY(scan_shell_words(text));
  MailCommand command;
  command.mark_ = scanned.mark;
  command.recipient_may_be_option_ = scanned.words.back() != "--";
  command.recipient_becomes_text_ = command.sender_becomes_text_ = names_one_of(scanned.words, joining);
  if (const auto& mark = scanned.mark) {
    const bool belongs_to_option = mark->word > 0 && scanned.words[mark->word - 1].starts_with('-');
    command.sender_may_be_option_ = mark->at == 0 && !belongs_to_option;
    const bool within_text = !is_plain(scanned.words[mark->word]);
    command.sender_becomes_text_ |= within_text && names_one_of(scanned.words, interpreting);
  }
  if (!scanned.plain) command.shell_text_ = shell_text(text, scanned.mark);
  if (scanned.plain) command.words_ = std::move(scanned.words);
  return command;
}

std::vector<std::string> MailCommand::words(std::string_view sender, const std::vector<std::string>& recipients) const {
  const std::string named(sender.empty() ? "MAILER-DAEMON" : sender);
  std::vector<std::string> words = words_;
  if (!is_direct()) {
    words = {"/bin/sh", "-c", shell_text_, "msmtpd"};
    if (mark_) words.push_back(named);
  } else if (mark_) {
    words[mark_->word].insert(mark_->at, named);
  }
  words.insert(words.end(), recipients.begin(), recipients.end());
  return words;
}

Result<void> MailCommand::check_sender(std::string_view sender) const {
  return mark_ ? check(sender, sender_may_be_option_, sender_becomes_text_) : Result<void>();
}

Result<void> MailCommand::check_recipient(std::string_view recipient) const {
  return check(recipient, recipient_may_be_option_, recipient_becomes_text_);
}

}  // namespace msmtp
