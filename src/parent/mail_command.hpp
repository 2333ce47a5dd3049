// The command that msmtpd pipes mails to: its words for one envelope. No address is ever text that a shell parses.
#pragma once

#include "common/result.hpp"
#include "parent/shell_words.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

class MailCommand {
 public:
  // TEXT is what sh(1) would be given, with the first %F for the reverse-path, and the recipients behind it. EX_USAGE
  // when it is empty or cut short (an open quote, a backslash at its end), when its %F is where no shell can take a
  // parameter (in a comment, behind a backslash, in ${...} or backquotes), when it has a here-document, and when an
  // address would be the program that is executed.
  static Result<MailCommand> parse(std::string_view text);

  // Whether no shell is needed: then words() begins with the program, a path or a name to be looked for in PATH.
  bool is_direct() const { return shell_text_.empty(); }
  // Of a direct command, as it is given.
  std::string_view program() const { return words_.front(); }

  // What is executed: the program and its words, or "/bin/sh" "-c" and so on. SENDER: the reverse-path; the null one is
  // passed as MAILER-DAEMON. The addresses have passed check_sender() and check_recipient().
  std::vector<std::string> words(std::string_view sender, const std::vector<std::string>& recipients) const;

  // EX_USAGE when the address would be taken for an option: it begins with "-", and nothing before it says that options
  // have ended ("--", or, for the reverse-path, an option that it belongs to). Also when the command gives it to
  // another shell or to an interpreter as text, as ssh(1) does, and it has more than letters, digits, "@._+/=-" and
  // what is not ASCII.
  Result<void> check_sender(std::string_view sender) const;
  Result<void> check_recipient(std::string_view recipient) const;

 private:
  MailCommand() = default;

  std::vector<std::string> words_;  // of a direct command
  std::string shell_text_;          // of any other: "$@" stands where the recipients go
  std::optional<MarkPlace> mark_;
  bool sender_may_be_option_ = false;
  bool recipient_may_be_option_ = false;
  bool sender_becomes_text_ = false;
  bool recipient_becomes_text_ = false;
};

}  // namespace msmtp
