// The words of a command as sh(1) would see them (POSIX.1-2017, XCU 2.2 to 2.10), as far as they can be known without
// a shell, and where in it the "%F" stands that an address takes the place of.
#pragma once

#include "common/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

enum class Quoting : std::uint8_t { none, single_quotes, double_quotes };

// The first "%F".
struct MarkPlace {
  std::size_t offset = 0;  // in the text
  Quoting quoting = Quoting::none;
  std::size_t word = 0;  // in which of the words
  std::size_t at = 0;    // and where in it
};

struct ShellWords {
  // Whether it is one simple command of nothing but words: no expansion, redirection or assignment, no word of the
  // shell's own. Only then the words are surely those that a shell would pass on.
  bool plain = true;
  std::vector<std::string> words;  // of all commands in it, without their quotes, expansions and the mark
  std::optional<MarkPlace> mark;
};

// EX_USAGE for what is no command, or for one to which no further words can be appended, or that cannot take the mark
// as a parameter: see MailCommand::parse().
Result<ShellWords> scan_shell_words(std::string_view text);

}  // namespace msmtp
