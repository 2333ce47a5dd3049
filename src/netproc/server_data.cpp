// The content of DATA.
#include "netproc/server_data.hpp"

#include <algorithm>
#include <cstring>

namespace msmtp {

// Up to and with the next LF: within a line there is nothing to look for.
DataDecoder::Step DataDecoder::copy_text(std::string_view in, std::span<char> out) {
  const std::string_view room = in.substr(0, out.size());
  const auto lf = room.find('\n');
  const std::size_t count = lf == std::string_view::npos ? room.size() : lf + 1;
  std::memcpy(out.data(), room.data(), count);
  const bool cr_before = count > 1 ? room[count - 2] == '\r' : after_cr_;
  const bool line_ended = lf != std::string_view::npos && (line_ends_ == LineEnds::lf || cr_before);
  after_cr_ = room[count - 1] == '\r';
  state_ = line_ended ? State::line_start : State::text;
  return {count, count};
}

std::size_t DataDecoder::after_dot(char c, std::span<char> out) {
  if (c == '\r' && line_ends_ == LineEnds::crlf) {
    state_ = State::dot_cr;
    return 0;
  }
  if (c == '\n' && line_ends_ == LineEnds::lf) {
    state_ = State::ended;
    return 0;
  }
  out[0] = c;
  after_cr_ = c == '\r';
  state_ = State::text;
  return 1;
}

std::size_t DataDecoder::after_dot_and_cr(char c, std::span<char> out) {
  if (c == '\n') {
    state_ = State::ended;
    return 0;
  }
  out[0] = '\r';
  out[1] = c;
  after_cr_ = c == '\r';
  state_ = State::text;
  return 2;
}

DataDecoder::Step DataDecoder::decode(std::string_view in, std::span<char> out) {
  Step step;
  while (step.taken < in.size() && out.size() - step.written >= 2) {
    const std::span<char> room = out.subspan(step.written);
    switch (state_) {
      case State::ended: return step;
      case State::dot: step.written += after_dot(in[step.taken++], room); break;
      case State::dot_cr: step.written += after_dot_and_cr(in[step.taken++], room); break;
      case State::line_start:
        if (in[step.taken] == '.') {
          state_ = State::dot;
          ++step.taken;
          break;
        }
        after_cr_ = false;
        [[fallthrough]];
      case State::text: {
        const Step copied = copy_text(in.substr(step.taken), room);
        step.taken += copied.taken;
        step.written += copied.written;
        break;
      }
    }
  }
  return step;
}

}  // namespace msmtp
