// Names in header fields.
#include "parent/display_name.hpp"

#include "common/base64.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace msmtp {

namespace {

// Longer phrases are folded, which only encoded-words can be at any place.
constexpr std::size_t longest_unfolded = 500;

// 45 bytes would fill a word of 75 characters; 42 leave room for the field's name on its first line.
constexpr std::size_t bytes_a_word = 42;
constexpr std::string_view word_begin = "=?utf-8?B?";
constexpr std::string_view word_end = "?=";
static_assert(std::string_view("From: ").size() + word_begin.size() + base64_size(bytes_a_word) + word_end.size() <=
              76);

bool is_atom_byte(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_atoms(std::string_view name) {
  return std::ranges::all_of(
      split(name, ' '), [](std::string_view word) { return !word.empty() && std::ranges::all_of(word, is_atom_byte); });
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text.push_back('\\');
    text.push_back(c);
  }
  return text + '"';
}

bool is_continuation_byte(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The bytes of the UTF-8 character (RFC 3629) that TEXT, not empty, begins with; 0 when it is none.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() < size || !std::ranges::all_of(text.substr(1, size - 1), is_continuation_byte)) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  const bool is_overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool is_no_character = (first == 0xed && second >= 0xa0) || (first == 0xf4 && second >= 0x90);
  return is_overlong || is_no_character ? 0 : size;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const auto size = character_size(text);
    valid.append(size == 0 ? "?" : text.substr(0, size));
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return valid;
}

// TEXT, valid UTF-8, as encoded-words none of which ends inside a character (RFC 2047, 5).
std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::size_t size = std::min(text.size(), bytes_a_word);
    while (size < text.size() && is_continuation_byte(text[size])) --size;
    if (!words.empty()) words += "\r\n ";
    words.append(word_begin).append(base64_encode(text.substr(0, size))).append(word_end);
    text.remove_prefix(size);
  }
  return words;
}

}  // namespace

Phrase phrase_of(std::string_view name) {
  const std::string text = valid_utf8(printable(name));
  if (text.empty()) return {};
  if (!has_non_ascii(text)) {
    std::string plain = is_atoms(text) ? text : quoted(text);
    if (plain.size() <= longest_unfolded) return {std::move(plain), false};
  }
  return {encoded_words(text), true};
}

}  // namespace msmtp
