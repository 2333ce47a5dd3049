// Whether an envelope sender belongs to an account.
#include "parent/address_match.hpp"

#include "common/text.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace msmtp {

namespace {

bool is_between(char c, char first, char last) {
  return c >= first && c <= last;
}

bool is_in_class(char c, std::string_view name) {
  const bool upper = is_between(c, 'A', 'Z');
  const bool lower = is_between(c, 'a', 'z');
  const bool digit = is_between(c, '0', '9');
  const bool graph = is_between(c, '!', '~');
  if (name == "alpha") return upper || lower;
  if (name == "digit") return digit;
  if (name == "alnum") return upper || lower || digit;
  if (name == "upper") return upper;
  if (name == "lower") return lower;
  if (name == "xdigit") return digit || is_between(ascii_lower(c), 'a', 'f');
  if (name == "punct") return graph && !upper && !lower && !digit;
  if (name == "graph") return graph;
  if (name == "print") return graph || c == ' ';
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "space") return c == ' ' || is_between(c, '\t', '\r');
  if (name == "cntrl") return is_between(c, '\0', '\x1f') || c == '\x7f';
  return false;
}

struct BracketMatch {
  bool matches = false;
  std::size_t size = 0;  // of the whole bracket expression, brackets included
};

// One member of a bracket expression at REST: a character or a range.
struct BracketMember {
  unsigned char first = 0;
  unsigned char last = 0;
  std::size_t size = 0;
};

// A character, perhaps escaped; nothing at the end.
std::optional<BracketMember> bracket_character(std::string_view rest) {
  const std::size_t escape = rest.starts_with('\\') ? 1 : 0;
  if (rest.size() <= escape) return std::nullopt;
  const auto c = static_cast<unsigned char>(rest[escape]);
  return BracketMember{c, c, escape + 1};
}

std::optional<BracketMember> bracket_member(std::string_view rest) {
  auto member = bracket_character(rest);
  if (!member || member->size + 1 >= rest.size() || rest[member->size] != '-' || rest[member->size + 1] == ']') {
    return member;
  }
  const auto last = bracket_character(rest.substr(member->size + 1));
  if (!last) return std::nullopt;
  return BracketMember{member->first, last->last, member->size + 1 + last->size};
}

// PATTERN begins with '['. Nothing when the expression has no end: then the bracket is a character.
std::optional<BracketMatch> match_bracket(char c, std::string_view pattern) {
  std::size_t at = 1;
  const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
  if (negated) ++at;
  bool found = false;
  for (bool first = true; at < pattern.size(); first = false) {
    const auto rest = pattern.substr(at);
    if (rest.front() == ']' && !first) return BracketMatch{found != negated, at + 1};
    const auto class_end = rest.starts_with("[:") ? rest.find(":]", 2) : std::string_view::npos;
    if (class_end != std::string_view::npos) {
      found = found || is_in_class(c, rest.substr(2, class_end - 2));
      at += class_end + 2;
      continue;
    }
    const auto member = bracket_member(rest);
    if (!member) return std::nullopt;
    const auto byte = static_cast<unsigned char>(c);
    found = found || (byte >= member->first && byte <= member->last);
    at += member->size;
  }
  return std::nullopt;
}

// How many bytes of PATTERN, which is not empty and does not begin with '*', match the character C; 0: none.
std::size_t match_character(char c, std::string_view pattern) {
  if (pattern.front() == '?') return 1;
  if (pattern.front() == '[') {
    if (const auto bracket = match_bracket(c, pattern)) return bracket->matches ? bracket->size : 0;
  }
  if (pattern.front() == '\\' && pattern.size() > 1) return pattern[1] == c ? 2 : 0;
  return pattern.front() == c ? 1 : 0;
}

// The address without what stands between its first '+' and the '@' after it; nothing when there is no
// such part.
std::optional<std::string> without_subaddress(std::string_view address) {
  const auto plus = address.find('+');
  const auto at = address.find('@');
  if (plus == std::string_view::npos || at == std::string_view::npos || at < plus) return std::nullopt;
  return std::string(address.substr(0, plus)) + std::string(address.substr(at));
}

bool equals_or_matches(std::string_view address, std::string_view own) {
  if (own.find_first_of("?*[") != std::string_view::npos) return matches_pattern(address, own);
  return equal_ignoring_case(address, own);
}

}  // namespace

bool matches_pattern(std::string_view text, std::string_view pattern) {
  // Only the last star ever needs to give up characters, so this takes text x pattern steps at most.
  std::optional<std::string_view> after_star;
  std::string_view text_at_star;
  for (;;) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      after_star = pattern;
      text_at_star = text;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    const auto taken = text.empty() || pattern.empty() ? 0 : match_character(text.front(), pattern);
    if (taken != 0) {
      text.remove_prefix(1);
      pattern.remove_prefix(taken);
      continue;
    }
    if (!after_star || text_at_star.empty()) return false;
    text_at_star.remove_prefix(1);
    text = text_at_star;
    pattern = *after_star;
  }
}

bool address_belongs(std::string_view address, std::string_view own) {
  if (equals_or_matches(address, own)) return true;
  if (own.find('+') != std::string_view::npos) return false;
  const auto plain = without_subaddress(address);
  return plain && equals_or_matches(*plain, own);
}

}  // namespace msmtp
