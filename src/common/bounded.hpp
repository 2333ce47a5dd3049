// Values whose bound is part of their type: the only ones that cross from one process to another.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msmtp {

// At most N bytes of text without NUL.
template <std::size_t N>
class Text {
 public:
  static constexpr std::size_t bound = N;

  Text() = default;

  // Nothing when TEXT is longer than N bytes or holds NUL.
  static std::optional<Text> from(std::string_view text) {
    if (text.size() > N || text.find('\0') != std::string_view::npos) return std::nullopt;
    return Text(std::string(text));
  }

  // As much of TEXT as fits, each NUL replaced by '?': for messages to people.
  static Text cut(std::string_view text) {
    std::string kept(text.substr(0, N));
    for (char& c : kept) {
      if (c == '\0') c = '?';
    }
    return Text(std::move(kept));
  }

  std::string_view view() const { return text_; }
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const Text&, const Text&) = default;

 private:
  explicit Text(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// At most N bytes without CR, LF or NUL: what may stand inside one line of a dialogue, so that
// nothing that came from outside can end a command and begin another.
template <std::size_t N>
class Line {
 public:
  static constexpr std::size_t bound = N;

  Line() = default;

  static std::optional<Line> from(std::string_view text) {
    if (text.size() > N || text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      return std::nullopt;
    }
    Line line;
    line.text_ = std::string(text);
    return line;
  }

  std::string_view view() const { return text_; }
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend bool operator==(const Line&, const Line&) = default;

 private:
  std::string text_;
};

// At most N bytes that belong to somebody else: when received, to the channel's buffer, where they
// stay until the next receive.
template <std::size_t N>
class BytesView {
 public:
  static constexpr std::size_t bound = N;

  BytesView() = default;

  static std::optional<BytesView> from(std::string_view bytes) {
    if (bytes.size() > N) return std::nullopt;
    BytesView view;
    view.bytes_ = bytes;
    return view;
  }

  std::string_view view() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  friend bool operator==(const BytesView&, const BytesView&) = default;

 private:
  std::string_view bytes_;
};

// At most N values.
template <class T, std::size_t N>
class List {
 public:
  static constexpr std::size_t bound = N;

  // False, and nothing added, when the list is full.
  bool add(T value) {
    if (items_.size() == N) return false;
    items_.push_back(std::move(value));
    return true;
  }

  std::span<const T> items() const { return items_; }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  friend bool operator==(const List&, const List&) = default;

 private:
  std::vector<T> items_;
};

}  // namespace msmtp
