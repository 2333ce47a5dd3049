// The aliases file: local names and the addresses that stand for them.
#pragma once

#include "common/result.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

inline constexpr std::size_t max_alias_line = std::size_t{64} * 1024;
inline constexpr std::size_t max_alias_depth = 17;         // aliases that lead to one another
inline constexpr std::size_t max_alias_results = 100'000;  // recipients after expansion

class Aliases {
 public:
  // Parses the text of an aliases file: one `NAME: ADDRESS, ADDRESS ...` a line, comments from '#' to the
  // end of the line. Errors are EX_CONFIG and name the line; the caller puts the file's name before.
  static Result<Aliases> parse(std::string_view text);

  // RECIPIENTS with every local name (without '@') replaced by what it stands for, and by what that stands
  // for, in order; an unknown one by the alias `default`, or itself when there is none. EX_CONFIG when
  // that goes on too long, or leads to an address that must not be sent (check_address()).
  Result<std::vector<std::string>> expand(const std::vector<std::string>& recipients) const;

 private:
  struct Alias {
    std::vector<std::string> addresses;
    std::size_t line = 0;
  };

  Result<void> add_line(std::string_view line, std::size_t number);
  const Alias* find(std::string_view name) const;
  Result<void> expand_one(const std::string& recipient, std::size_t depth, std::vector<std::string>& results) const;

  std::map<std::string, Alias, std::less<>> aliases_;
};

}  // namespace msmtp
