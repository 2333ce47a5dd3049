// Words are never copied, for each may be a password: quotes are seen through where a word is used.
#include "authproc/netrc.hpp"

#include "common/cursor.hpp"
#include "common/text.hpp"

namespace msmtp {

namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Calls USE with each byte of the word that begins TEXT, without its quotes; gives its length in TEXT.
// A quote that nobody closes ends with its line.
template <class Use>
std::size_t read_word(std::string_view text, Use use) {
  char quote = '\0';
  std::size_t at = 0;
  for (; at < text.size() && text[at] != '\n'; ++at) {
    const char c = text[at];
    if (quote == '\0' && is_space(c)) break;
    if (c == quote) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    } else {
      use(c);
    }
  }
  return at;
}

// A word as it stands in the file, quotes included.
class Word {
 public:
  explicit Word(std::string_view raw) : raw_(raw) {}

  bool is(std::string_view text) const {
    std::size_t matched = 0;
    bool same = true;
    read_word(raw_, [&](char c) { same = same && matched < text.size() && text[matched++] == c; });
    return same && matched == text.size();
  }

  Secret secret() const {
    Secret value = Secret::with_capacity(raw_.size());
    read_word(raw_, [&](char c) { value.append({&c, 1}); });
    return value;
  }

 private:
  std::string_view raw_;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text) : cursor_(text) {}

  // The next word, past comments; nothing at the end of the file.
  std::optional<Word> next() {
    while (skip_space(), skip_comment()) {}
    return word();
  }

  // The word after a keyword. A comment in its place leaves the keyword without a value.
  std::optional<Word> value() {
    skip_space();
    if (skip_comment()) return std::nullopt;
    return word();
  }

  // Past the body of a macro, which an empty line ends.
  void skip_macro() {
    while (!cursor_.at_end()) {
      cursor_.take_until('\n');
      cursor_.skip('\n');
      if (cursor_.next_is('\n') || cursor_.rest().starts_with("\r\n")) return;
    }
  }

 private:
  void skip_space() { cursor_.take_while(is_space); }

  bool skip_comment() {
    if (!cursor_.next_is('#')) return false;
    cursor_.take_until('\n');
    return true;
  }

  std::optional<Word> word() {
    if (cursor_.at_end()) return std::nullopt;
    return Word(*cursor_.take(read_word(cursor_.rest(), [](char) {})));
  }

  Cursor cursor_;
};

struct Entry {
  bool for_machine = false;  // it names the machine that is looked for
  bool for_any = false;      // `default`
  std::optional<Word> login;
  std::optional<Word> password;

  bool has_password_of(std::string_view user) const { return login && login->is(user) && password; }
};

// Looks at one entry after the other and keeps the best password so far.
class Search {
 public:
  Search(std::string_view machine, std::string_view login) : machine_(machine), login_(login) {}

  void begin_machine(const std::optional<Word>& name) {
    end_entry();
    entry_.for_machine = name && name->is(machine_);
  }
  void begin_default() {
    end_entry();
    entry_.for_any = true;
  }
  void end_entry() {
    if (entry_.has_password_of(login_)) {
      if (entry_.for_machine && !exact_) exact_ = entry_.password;
      if (entry_.for_any && !fallback_) fallback_ = entry_.password;
    }
    entry_ = Entry();
  }
  Entry& entry() { return entry_; }
  std::optional<Word> best() const { return exact_ ? exact_ : fallback_; }

 private:
  std::string_view machine_;
  std::string_view login_;
  Entry entry_;
  std::optional<Word> exact_;
  std::optional<Word> fallback_;
};

void interpret(const Word& word, Scanner& scanner, Search& search) {
  if (word.is("machine")) {
    search.begin_machine(scanner.value());
  } else if (word.is("default")) {
    search.begin_default();
  } else if (word.is("login") || word.is("user")) {
    search.entry().login = scanner.value();
  } else if (word.is("password") || word.is("passwd")) {
    search.entry().password = scanner.value();
  } else if (word.is("account")) {
    (void)scanner.value();
  } else if (word.is("macdef")) {
    scanner.skip_macro();
  }
}

}  // namespace

std::optional<Secret> netrc_password(std::string_view netrc, std::string_view machine, std::string_view login) {
  Scanner scanner(without_byte_order_mark(netrc));
  Search search(machine, login);
  while (const auto word = scanner.next()) interpret(*word, scanner, search);
  search.end_entry();
  const std::optional<Word> best = search.best();
  if (!best) return std::nullopt;
  return best->secret();
}

}  // namespace msmtp
