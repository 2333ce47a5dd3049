// The aliases file.
#include "parent/aliases.hpp"

#include "common/text.hpp"
#include "parent/envelope_address.hpp"

#include <utility>

namespace msmtp {

namespace {

Unexpected fail_at(std::size_t line, const std::string& what) {
  return fail(ExitCode::config, "line " + std::to_string(line) + ": " + what);
}

// Without white space at both ends, the CR of a CRLF included.
std::string_view trim(std::string_view text) {
  constexpr std::string_view white_space = " \t\r\v\f";
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::vector<std::string> addresses_of(std::string_view list) {
  std::vector<std::string> addresses;
  for (const auto item : split(list, ',')) {
    if (const auto address = trim(item); !address.empty()) addresses.emplace_back(address);
  }
  return addresses;
}

}  // namespace

Result<Aliases> Aliases::parse(std::string_view text) {
  Aliases aliases;
  std::size_t number = 0;
  for (const auto line : split(without_byte_order_mark(text), '\n')) {
    ++number;
    if (line.size() > max_alias_line) {
      return fail_at(number, "longer than " + std::to_string(max_alias_line) + " bytes");
    }
    TRY(aliases.add_line(trim(line.substr(0, line.find('#'))), number));
  }
  return aliases;
}

Result<void> Aliases::add_line(std::string_view line, std::size_t number) {
  if (line.empty()) return {};
  const auto parts = split(line, ':');
  if (parts.size() != 2) return fail_at(number, "expected one colon, between an alias and its addresses");
  const std::string name(trim(parts[0]));
  if (name.empty()) return fail_at(number, "no alias before the colon");
  if (name.find('@') != std::string::npos) return fail_at(number, "alias '" + name + "' holds an @");
  Alias alias{addresses_of(parts[1]), number};
  if (alias.addresses.empty()) return fail_at(number, "alias '" + name + "' has no addresses");
  const auto [place, is_new] = aliases_.try_emplace(name, std::move(alias));
  if (is_new) return {};
  return fail_at(number, "alias '" + name + "' is already defined in line " + std::to_string(place->second.line));
}

const Aliases::Alias* Aliases::find(std::string_view name) const {
  if (name.find('@') != std::string_view::npos) return nullptr;
  auto found = aliases_.find(name);
  if (found == aliases_.end()) found = aliases_.find("default");
  return found == aliases_.end() ? nullptr : &found->second;
}

Result<std::vector<std::string>> Aliases::expand(const std::vector<std::string>& recipients) const {
  std::vector<std::string> results;
  for (const auto& recipient : recipients) TRY(expand_one(recipient, 0, results));
  return results;
}

// DEPTH is how many aliases have led to RECIPIENT.
Result<void> Aliases::expand_one(const std::string& recipient, std::size_t depth,
                                 std::vector<std::string>& results) const {
  const Alias* alias = find(recipient);
  if (alias == nullptr) {
    if (depth > 0 && results.size() >= max_alias_results) {
      return fail(ExitCode::config,
                  "the aliases lead to more than " + std::to_string(max_alias_results) + " recipients");
    }
    results.push_back(recipient);
    return {};
  }
  if (depth == max_alias_depth) return fail_at(alias->line, "too many redirects for '" + recipient + "'");
  for (const auto& address : alias->addresses) {
    TRY(check_address(address, "line " + std::to_string(alias->line) + ": address", ExitCode::config));
    TRY(expand_one(address, depth + 1, results));
  }
  return {};
}

}  // namespace msmtp
