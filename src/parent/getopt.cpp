// The conventions of GNU getopt_long.
#include "parent/getopt.hpp"

namespace msmtp {

OptionReader::Next OptionReader::next() {
  if (!bundle_.empty()) return short_option();
  while (!words_.empty()) {
    const auto word = words_.front();
    if (word.size() < 2 || word.front() != '-') {
      if (posixly_correct_) break;
      rest_.push_back(word);
      words_ = words_.subspan(1);
      continue;
    }
    words_ = words_.subspan(1);
    if (word == "--") break;
    if (word[1] == '-') return long_option(word.substr(2));
    bundle_ = word.substr(1);
    return short_option();
  }
  keep_all_words();
  return std::monostate();
}

void OptionReader::keep_all_words() {
  rest_.insert(rest_.end(), words_.begin(), words_.end());
  words_ = {};
}

// The option that WORD ("name" or "name=argument") names, or the only one whose name begins so.
std::variant<std::size_t, std::string> OptionReader::find_long(std::string_view word) const {
  const auto name = word.substr(0, word.find('='));
  std::optional<std::size_t> found;
  std::string possibilities;
  bool ambiguous = false;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name.empty() || !specs_[i].name.starts_with(name)) continue;
    if (specs_[i].name == name) return i;
    ambiguous = found.has_value();
    if (!found) found = i;
    possibilities += " '--" + std::string(specs_[i].name) + "'";
  }
  if (ambiguous) return "option '--" + std::string(word) + "' is ambiguous; possibilities:" + possibilities;
  if (!found) return "unrecognized option '--" + std::string(word) + "'";
  return *found;
}

OptionReader::Next OptionReader::long_option(std::string_view word) {
  const auto equals = word.find('=');
  const auto found = find_long(word);
  if (const auto* complaint = std::get_if<std::string>(&found)) return *complaint;
  const auto index = std::get<std::size_t>(found);
  const auto& spec = specs_[index];
  const auto option = "option '--" + std::string(spec.name) + "'";
  if (equals != std::string_view::npos) {
    if (spec.argument == OptionArgument::none) return option + " doesn't allow an argument";
    return FoundOption{index, word.substr(equals + 1)};
  }
  if (spec.argument != OptionArgument::required) return FoundOption{index, std::nullopt};
  if (words_.empty()) return option + " requires an argument";
  const auto argument = words_.front();
  words_ = words_.subspan(1);
  return FoundOption{index, argument};
}

std::optional<std::size_t> OptionReader::find_letter(char letter) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].letter == letter && letter != '\0') return i;
  }
  return std::nullopt;
}

OptionReader::Next OptionReader::short_option() {
  const char letter = bundle_.front();
  bundle_.remove_prefix(1);
  const auto index = find_letter(letter);
  if (!index) return "invalid option -- '" + std::string(1, letter) + "'";
  const auto kind = specs_[*index].argument;
  if (kind == OptionArgument::none) return FoundOption{*index, std::nullopt};
  if (!bundle_.empty()) return FoundOption{*index, std::exchange(bundle_, {})};
  if (kind == OptionArgument::optional) return FoundOption{*index, std::nullopt};
  if (words_.empty()) return "option requires an argument -- '" + std::string(1, letter) + "'";
  const auto argument = words_.front();
  words_ = words_.subspan(1);
  return FoundOption{*index, argument};
}

}  // namespace msmtp
