// Parsing of replies.
#include "netproc/smtp_reply.hpp"

#include <algorithm>
#include <optional>

namespace msmtp {

namespace {

// As much of a malformed line as is worth showing.
constexpr std::size_t max_malformed_line = 1000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<int> code_of(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) || !is_digit(line[2])) {
    return std::nullopt;
  }
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

}  // namespace

std::string_view text_after_code(std::string_view line) {
  return line.substr(std::min<std::size_t>(line.size(), 4));
}

ReplyParser::State ReplyParser::feed(std::string_view& bytes) {
  while (state_ == State::incomplete && !bytes.empty()) {
    const std::size_t line_end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, line_end);
    if (line_.size() + piece.size() > max_reply_line + 1) return malformed("a line that is too long");
    line_ += piece;
    bytes.remove_prefix(std::min(bytes.size(), piece.size() + 1));
    if (line_end != std::string_view::npos) take_line();
  }
  return state_;
}

ReplyParser::State ReplyParser::take_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  if (line_.size() > max_reply_line) return malformed("a line that is too long");
  const std::optional<int> code = code_of(line_);
  if (!code) return malformed("a line without a reply code");
  const bool is_last = line_.size() == 3 || line_[3] == ' ';
  if (!is_last && line_[3] != '-') return malformed("a line without a reply code");
  if (lines_ != 0 && *code != reply_.code) return malformed("a reply whose lines have different codes");
  if (lines_ == max_reply_lines) return malformed("a reply of too many lines");
  reply_.code = *code;
  ++lines_;
  const bool fits = reply_.text.size() + line_.size() <= max_reply_kept;
  keep(fits ? std::string_view(line_) : std::string_view(line_).substr(0, 4));
  line_.clear();
  if (is_last) state_ = State::complete;
  return state_;
}

ReplyParser::State ReplyParser::malformed(std::string_view fault) {
  keep(std::string_view(line_).substr(0, max_malformed_line));
  fault_ = fault;
  return state_ = State::malformed;
}

void ReplyParser::keep(std::string_view line) {
  if (!reply_.text.empty()) reply_.text += '\n';
  const auto begin = static_cast<std::ptrdiff_t>(reply_.text.size());
  reply_.text += line;
  std::replace_if(
      reply_.text.begin() + begin, reply_.text.end(), [](char c) { return c == '\r' || c == '\0'; }, '?');
}

Reply ReplyParser::take() {
  Reply reply = std::move(reply_);
  *this = ReplyParser();
  return reply;
}

}  // namespace msmtp
