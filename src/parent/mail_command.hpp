// The command that msmtpd pipes mails to: its words for one envelope. No address is ever text that a shell parses.
#pragma once

#include "common/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

class MailCommand {
 public:
  // TEXT is what sh(1) would be given. EX_USAGE when it is empty, or has a %F where no shell can take a parameter.
  static Result<MailCommand> parse(std::string_view text);

  // Whether no shell is needed: then words() begins with the program.
  bool is_direct() const;
  // Of a direct command, as it was written: a path, or a name to be looked for in PATH.
  std::string_view program() const;

  // What is executed: the program and its words, or "/bin/sh" "-c" and so on. SENDER: the reverse-path, "MAILER-DAEMON"
  // for the null one. EX_USAGE when an address would be taken for an option: it begins with "-", and nothing before it
  // says that options have ended ("--", or, for the sender, an option that it belongs to).
  Result<std::vector<std::string>> words(std::string_view sender, const std::vector<std::string>& recipients) const;

 private:
  struct Word {
    std::string text;
    std::size_t sender_at = std::string::npos;  // where the reverse-path goes in
  };

  MailCommand() = default;

  std::vector<Word> words_;  // of a direct command
  std::string shell_text_;   // of any other: "$@" stands where the recipients go
  bool takes_sender_ = false;
  bool ends_options_ = false;  // its last word is "--"
};

}  // namespace msmtp
