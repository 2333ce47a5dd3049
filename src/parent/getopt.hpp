// The conventions of GNU getopt_long, without its globals: words and a table in, options out.
#pragma once

#include "parent/settings.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace msmtp {

struct OptionSpec {
  std::string_view name;  // long, without its dashes; empty: there is none
  char letter = '\0';     // NUL: there is none
  OptionArgument argument = OptionArgument::none;
};

struct FoundOption {
  std::size_t index = 0;                     // in the table
  std::optional<std::string_view> argument;  // points into the words
};

// Hands out one option after the other. With a letter, an optional argument must be attached; with a
// long name it must follow '='.
class OptionReader {
 public:
  // SPECS and WORDS must outlive the reader.
  OptionReader(std::span<const OptionSpec> specs, std::span<const std::string_view> words, bool posixly_correct)
      : specs_(specs), words_(words), posixly_correct_(posixly_correct) {}

  // The next option; nothing when there is no more; or getopt's complaint, without its prefix.
  std::variant<std::monostate, FoundOption, std::string> next();

  // The words that are no options, complete after next() gave nothing.
  std::vector<std::string_view> take_rest() { return std::move(rest_); }

 private:
  using Next = std::variant<std::monostate, FoundOption, std::string>;
  Next long_option(std::string_view word);
  Next short_option();
  std::variant<std::size_t, std::string> find_long(std::string_view word) const;
  std::optional<std::size_t> find_letter(char letter) const;
  void keep_all_words();

  std::span<const OptionSpec> specs_;
  std::span<const std::string_view> words_;
  bool posixly_correct_;
  std::string_view bundle_;  // the letters of "-abc" that are still to be read
  std::vector<std::string_view> rest_;
};

}  // namespace msmtp
