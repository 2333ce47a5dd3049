// Address lists: one pass over the text, one method for each construct that can hold another's delimiter.
#include "parent/address_list.hpp"

#include "common/cursor.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace msmtp {

namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_line_end(char c) {
  return c == '\r' || c == '\n';
}

// C as it may stand in an address.
char address_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == 0x7f ? '_' : c;
}

// What becomes of a blank inside the quotes of an address.
enum class QuotedBlank : std::uint8_t { replaced, kept };

class AddressListParser {
 public:
  AddressListParser(std::string_view list, QuotedBlank quoted_blank) : cursor_(list), quoted_blank_(quoted_blank) {}

  std::vector<std::string> parse() {
    while (const auto c = cursor_.take()) take_item(*c);
    finish_word();
    return std::move(addresses_);
  }

 private:
  void take_item(char c) {
    switch (c) {
      case ',':
      case ';': return finish_word();
      case '<': return take_bracketed();
      case '(': return skip_comment();
      case '"': return take_quoted_word();
      case '\\': return take_escaped(word_);
      case ':': return take_colon();
      default: return is_space(c) ? note_gap() : add_to_word(c);
    }
  }

  void drop_word() {
    word_.clear();
    gap_ = in_literal_ = false;
  }

  void finish_word() {
    if (!word_.empty()) addresses_.push_back(word_);
    drop_word();
  }

  void note_gap() { gap_ = !word_.empty(); }

  // Of several words in a row only the last can be an address; those before it are a name.
  void begin_after_gap() {
    if (gap_) drop_word();
  }

  void add_to_word(char c) {
    begin_after_gap();
    if (c == '[' && word_.ends_with('@')) in_literal_ = true;
    if (c == ']') in_literal_ = false;
    word_.push_back(address_byte(c));
  }

  // A colon ends the name of a group, but not inside an address literal such as joe@[IPv6:::1].
  void take_colon() {
    if (in_literal_ && !gap_) return add_to_word(':');
    drop_word();
  }

  // A quoted string is the beginning of an address only when its local part or domain goes on right
  // after it; otherwise it is a name, and so is what stands before it.
  void take_quoted_word() {
    begin_after_gap();
    const bool closed = take_quoted_text(word_);
    while (closed && cursor_.skip('(')) skip_comment();
    if (!cursor_.next_is('@') && !cursor_.next_is('.')) drop_word();
  }

  // The rest of a quoted string, quotes included, with no more backslashes than it needs. False when
  // it is not closed.
  bool take_quoted_text(std::string& text) {
    text.push_back('"');
    while (const auto c = cursor_.take()) {
      if (*c == '"') {
        text.push_back('"');
        return true;
      }
      if (*c == '\\' && (cursor_.next_is('"') || cursor_.next_is('\\'))) text.push_back('\\');
      if (*c == '\\') {
        if (const auto escaped = cursor_.take()) text.push_back(quoted_byte(*escaped));
      } else if (!is_line_end(*c)) {
        text.push_back(quoted_byte(*c));
      }
    }
    return false;
  }

  char quoted_byte(char c) const { return c == ' ' && quoted_blank_ == QuotedBlank::kept ? c : address_byte(c); }

  void take_escaped(std::string& text) {
    if (&text == &word_) begin_after_gap();
    if (const auto c = cursor_.take()) text.push_back(address_byte(*c));
  }

  void skip_comment() {
    for (std::size_t depth = 1; depth > 0;) {
      const auto c = cursor_.take();
      if (!c) return;
      if (*c == '\\') cursor_.take();
      if (*c == '(') ++depth;
      if (*c == ')') --depth;
    }
  }

  // An end of the text serves as the closing bracket. Folds vanish; blanks count only between others.
  void take_bracketed() {
    std::string address;
    std::size_t blanks = 0;
    while (const auto c = cursor_.take()) {
      if (*c == '>') break;
      if (*c == '(') {
        skip_comment();
      } else if (is_line_end(*c)) {
        cursor_.take_while(is_space);
      } else if (is_space(*c)) {
        if (!address.empty()) ++blanks;
      } else {
        address.append(std::exchange(blanks, 0), '_');
        take_bracketed_byte(*c, address);
      }
    }
    if (!address.empty()) addresses_.push_back(std::move(address));
    drop_word();
  }

  void take_bracketed_byte(char c, std::string& address) {
    if (c == '"') {
      take_quoted_text(address);
    } else if (c == '\\') {
      take_escaped(address);
    } else {
      address.push_back(address_byte(c));
    }
  }

  Cursor cursor_;
  QuotedBlank quoted_blank_;
  std::vector<std::string> addresses_;
  std::string word_;         // what may become an address outside angle brackets
  bool gap_ = false;         // white space has been seen after word_
  bool in_literal_ = false;  // word_ ends with an address literal that is still open
};

}  // namespace

std::vector<std::string> parse_address_list(std::string_view list) {
  return AddressListParser(list, QuotedBlank::replaced).parse();
}

Result<std::vector<std::string>> recipients_of_word(std::string_view word) {
  if (word.find_first_of("\r\n") != std::string_view::npos) {
    return fail(ExitCode::usage, "recipient '" + std::string(word.substr(0, 80)) + "' holds a line end");
  }
  return AddressListParser(word, QuotedBlank::kept).parse();
}

}  // namespace msmtp
