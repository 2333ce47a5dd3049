// The transparency of DATA.
#include "common/dot_stuffing.hpp"

#include <cstring>

namespace msmtp {

namespace {

// How much of TEXT can be copied before a dot must be doubled: all up to the next dot after an LF.
std::size_t plain_run(std::string_view text) {
  std::size_t line = 0;
  for (;;) {
    const auto line_end = text.find('\n', line);
    if (line_end == std::string_view::npos || line_end + 1 == text.size()) return text.size();
    line = line_end + 1;
    if (text[line] == '.') return line;
  }
}

}  // namespace

DotStuffer::Step DotStuffer::stuff(std::string_view in, std::span<char> out) {
  Step step;
  while (step.taken < in.size() && step.written < out.size()) {
    if (at_line_start_ && in[step.taken] == '.') {
      // The dot that is put in; the mail's own follows as an ordinary byte.
      out[step.written++] = '.';
      at_line_start_ = false;
      continue;
    }
    const auto run = plain_run(in.substr(step.taken, out.size() - step.written));
    std::memcpy(out.data() + step.written, in.data() + step.taken, run);
    step.taken += run;
    step.written += run;
    at_line_start_ = in[step.taken - 1] == '\n';
  }
  return step;
}

}  // namespace msmtp
