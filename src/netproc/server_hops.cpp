// Received fields, counted.
#include "netproc/server_hops.hpp"

#include "common/text.hpp"

namespace msmtp {

namespace {

constexpr std::string_view field_name = "received";

}  // namespace

void HopCounter::add(std::string_view bytes) {
  while (!bytes.empty() && state_ != State::body) {
    // Within the rest of a line there is nothing to look for.
    if (state_ == State::other) {
      const auto lf = bytes.find('\n');
      if (lf == std::string_view::npos) return;
      bytes.remove_prefix(lf + 1);
      state_ = State::name;
      matched_ = 0;
      continue;
    }
    look_at(bytes.front());
    bytes.remove_prefix(1);
  }
}

void HopCounter::look_at(char c) {
  if (c == '\n') {
    const bool is_empty = matched_ == 0 && state_ != State::after_name;
    state_ = is_empty ? State::body : State::name;
    matched_ = 0;
    return;
  }
  const bool is_blank = c == ' ' || c == '\t';
  if (state_ == State::name && matched_ < field_name.size()) {
    if (ascii_lower(c) == field_name[matched_]) {
      ++matched_;
    } else {
      state_ = c == '\r' && matched_ == 0 ? State::cr : State::other;
    }
  } else if (state_ != State::cr && c == ':') {
    ++hops_;
    state_ = State::other;
  } else {
    state_ = state_ != State::cr && is_blank ? State::after_name : State::other;
  }
}

}  // namespace msmtp
