// The words of a command as sh(1) would see them.
#include "parent/shell_words.hpp"

#include <algorithm>
#include <utility>

namespace msmtp {

namespace {

constexpr std::string_view mark = "%F";
// Where one of them stands without quotes, something may be expanded, or may be another's reserved word.
constexpr std::string_view expanded = "*?[]#~{}!=^";

// After these comes a command, as at the beginning.
constexpr std::string_view before_a_command[] = {"!",       "{",      "if",      "then", "else", "elif",
                                                 "do",      "while",  "until",   "time", "exec", "eval",
                                                 "command", "coproc", "builtin", "."};
// What a shell does itself, and no program can do, and the words that it reserves.
constexpr std::string_view own_words[] = {
    "if",      "then",    "else",     "elif",   "fi",    "do",     "done",  "case",     "esac",   "while", "until",
    "for",     "in",      "function", "select", "time",  "coproc", ".",     ":",        "source", "eval",  "exec",
    "exit",    "export",  "readonly", "set",    "shift", "return", "break", "continue", "times",  "trap",  "unset",
    "command", "builtin", "cd",       "umask",  "alias", "read",   "wait",  "ulimit",   "type",   "local"};

Unexpected usage(std::string text) {
  return fail(ExitCode::usage, "--command: " + std::move(text));
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_name(std::string_view word) {
  return !word.empty() && (word.front() < '0' || word.front() > '9') && std::ranges::all_of(word, is_name_byte);
}

// Or would be one in some shell, or without its quotes.
bool is_assignment(std::string_view word) {
  const std::size_t equal = word.find('=');
  return equal != std::string_view::npos && equal > 0 &&
         std::ranges::all_of(word.substr(0, equal), [](char c) { return is_name_byte(c) || c == '+'; });
}

bool is_one_of(std::string_view word, const auto& list) {
  return std::ranges::find(list, word) != std::ranges::end(list);
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Result<ShellWords> scan() {
    if (text_.find('\0') != std::string_view::npos) return usage("a zero byte");
    while (at_ < text_.size()) TRY(step());
    return finish();
  }

 private:
  // What the text has come to of one word, and of the command that it belongs to.
  struct State {
    std::string word;
    bool in_word = false;
    bool has_mark = false;
    bool bare = true;          // nothing of the word was quoted or expanded
    bool assigning = false;    // the word is surely an assignment
    bool commanding = true;    // the next word says what is executed
    bool redirecting = false;  // the next word is where something is redirected to
  };
  // What has been opened: "..." or $(...), and then the word that it is part of.
  struct Level {
    bool quotes = true;
    std::size_t parentheses = 0;  // open ones within
    State outside;
  };

  Result<void> step();
  Result<void> step_in_quotes(char c);
  Result<void> expansion();
  Result<void> skip_braces();
  Result<void> skip_backquotes();
  Result<void> single_quotes();
  Result<void> backslash(bool in_quotes);
  Result<void> redirection(char c);
  Result<void> comment();
  Result<void> place_mark(Quoting quoting);
  void close_parenthesis();
  void separator(char c);
  void finish_word();
  Result<ShellWords> finish();

  bool in_quotes() const { return levels_.back().quotes; }
  bool is_mark() const { return !result_.mark && text_.substr(at_).starts_with(mark); }
  void add(char c) {
    now_.word += c;
    now_.in_word = true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Level> levels_{{false, 0, {}}};
  State now_;
  ShellWords result_;
};

Result<void> Scanner::step() {
  const char c = text_[at_];
  if (is_mark()) return place_mark(in_quotes() ? Quoting::double_quotes : Quoting::none);
  if (in_quotes()) return step_in_quotes(c);
  if (std::string_view("'\\$`\"").find(c) != std::string_view::npos) now_.bare = false;
  switch (c) {
    case '\'': return single_quotes();
    case '\\': return backslash(false);
    case '$': return expansion();
    case '`': return skip_backquotes();
    case '<':
    case '>': return redirection(c);
    case ')': close_parenthesis(); break;
    case '"':
      levels_.push_back({true, 0, {}});
      now_.in_word = true;
      break;
    case '(':
    case '\n':
    case ';':
    case '&':
    case '|': separator(c); break;
    case ' ':
    case '\t': finish_word(); break;
    default:
      if (c == '#' && !now_.in_word) return comment();
      result_.plain = result_.plain && (expanded.find(c) == std::string_view::npos || (c == '=' && !now_.commanding));
      if (c == '=' && now_.bare && is_name(now_.word)) now_.assigning = true;
      add(c);
  }
  ++at_;
  return {};
}

Result<void> Scanner::step_in_quotes(char c) {
  switch (c) {
    case '\\': return backslash(true);
    case '$': return expansion();
    case '`': return skip_backquotes();
    case '"': levels_.pop_back(); break;
    default: add(c);
  }
  ++at_;
  return {};
}

Result<void> Scanner::single_quotes() {
  now_.in_word = true;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == '\'') return ++at_, Result<void>();
    if (is_mark()) {
      TRY(place_mark(Quoting::single_quotes));
      --at_;
    } else {
      add(text_[at_]);
    }
  }
  return usage("a quote is not closed");
}

Result<void> Scanner::backslash(bool in_quotes) {
  if (++at_ == text_.size()) return usage("a backslash at the end");
  if (is_mark()) return usage("%F cannot stand behind a backslash");
  const char c = text_[at_++];
  if (c == '\n') return {};
  if (in_quotes && std::string_view("$`\"\\").find(c) == std::string_view::npos) add('\\');
  add(c);
  return {};
}

Result<void> Scanner::expansion() {
  result_.plain = false;
  now_.in_word = true;
  const std::string_view rest = text_.substr(++at_);
  if (rest.starts_with('{')) return skip_braces();
  if (!rest.starts_with('(')) return {};
  ++at_;
  levels_.push_back({false, 0, std::exchange(now_, {})});
  return {};
}

Result<void> Scanner::skip_braces() {
  for (std::size_t depth = 0; at_ < text_.size(); ++at_) {
    if (is_mark()) return usage("%F cannot stand within ${}");
    if (text_[at_] == '{') ++depth;
    if (text_[at_] == '\\' && ++at_ == text_.size()) break;
    if (text_[at_] == '}' && --depth == 0) return ++at_, Result<void>();
  }
  return usage("a ${ is not closed");
}

Result<void> Scanner::skip_backquotes() {
  result_.plain = false;
  now_.in_word = true;
  for (++at_; at_ < text_.size(); ++at_) {
    if (is_mark()) return usage("%F cannot stand within backquotes");
    if (text_[at_] == '`') return ++at_, Result<void>();
    if (text_[at_] == '\\') ++at_;
  }
  return usage("a backquote is not closed");
}

Result<void> Scanner::redirection(char c) {
  result_.plain = false;
  if (now_.in_word && std::ranges::all_of(now_.word, [](char digit) { return digit >= '0' && digit <= '9'; })) {
    now_.word.clear();  // the number of a descriptor
    now_.in_word = false;
  }
  finish_word();
  if (text_.substr(at_).starts_with("<<")) return usage("a here-document has to be in a script");
  ++at_;
  if (at_ < text_.size() && std::string_view(c == '<' ? "&>" : "&>|").find(text_[at_]) != std::string_view::npos) ++at_;
  now_.redirecting = true;
  return {};
}

Result<void> Scanner::comment() {
  result_.plain = false;
  for (; at_ < text_.size(); ++at_) {
    if (is_mark()) return usage("%F cannot stand in a comment");
    if (text_[at_] == '\n') return {};
  }
  return usage("the recipients would be in the comment at its end");
}

void Scanner::separator(char c) {
  finish_word();
  result_.plain = false;
  now_.commanding = true;
  now_.redirecting = false;
  if (c == '(') ++levels_.back().parentheses;
}

void Scanner::close_parenthesis() {
  finish_word();
  result_.plain = false;
  now_.commanding = false;
  now_.redirecting = false;
  if (levels_.back().parentheses > 0) {
    --levels_.back().parentheses;
  } else if (levels_.size() > 1) {
    now_ = std::move(levels_.back().outside);
    levels_.pop_back();
  }
}

void Scanner::finish_word() {
  if (!now_.in_word) return;
  if (now_.redirecting) {
    now_.redirecting = false;
  } else if (now_.commanding) {
    if (is_one_of(now_.word, own_words)) result_.plain = false;
    now_.commanding = is_assignment(now_.word) || is_one_of(now_.word, before_a_command);
  }
  if (now_.has_mark) result_.mark->word = result_.words.size();
  result_.words.push_back(std::exchange(now_.word, {}));
  now_.in_word = now_.has_mark = now_.assigning = false;
  now_.bare = true;
}

Result<void> Scanner::place_mark(Quoting quoting) {
  if (now_.commanding && !now_.redirecting && !now_.assigning) return usage("%F cannot be the program");
  result_.mark = MarkPlace{at_, quoting, 0, now_.word.size()};
  now_.has_mark = true;
  at_ += mark.size();
  now_.in_word = true;
  return {};
}

Result<ShellWords> Scanner::finish() {
  if (levels_.size() > 1 || levels_.back().parentheses > 0) return usage("a quote or parenthesis is not closed");
  finish_word();
  if (result_.words.empty()) return usage("there is none");
  if (now_.redirecting) return usage("a redirection leads nowhere");
  if (now_.commanding)
    return usage("it ends where a program is to be named, and the recipients would be taken for one");
  return std::move(result_);
}

}  // namespace

Result<ShellWords> scan_shell_words(std::string_view text) {
  return Scanner(text).scan();
}

}  // namespace msmtp
