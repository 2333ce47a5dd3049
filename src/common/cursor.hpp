// A reader over bytes that cannot run past their end: what every parser here stands on.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace msmtp {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  // The next byte, or nothing at the end.
  std::optional<char> peek() const { return at_end() ? std::nullopt : std::optional(rest_.front()); }
  bool next_is(char c) const { return !at_end() && rest_.front() == c; }

  std::optional<char> take() {
    const auto c = peek();
    if (c) rest_.remove_prefix(1);
    return c;
  }

  bool skip(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // Exactly COUNT bytes, or nothing (and nothing taken) when fewer are left.
  std::optional<std::string_view> take(std::size_t count) {
    if (count > rest_.size()) return std::nullopt;
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  template <class Predicate>
  std::string_view take_while(Predicate wanted) {
    std::size_t count = 0;
    while (count < rest_.size() && wanted(rest_[count])) ++count;
    return *take(count);
  }

  // All up to the first C (which stays), or the whole rest.
  std::string_view take_until(char c) {
    return take_while([c](char other) { return other != c; });
  }

  void skip_blanks() {
    take_while([](char c) { return c == ' ' || c == '\t'; });
  }

 private:
  std::string_view rest_;
};

}  // namespace msmtp
