// Writing of the dialogue.
#include "netproc/dialogue_trace.hpp"

#include "common/text.hpp"

namespace msmtp {

namespace {

// A line that never ends must not gather in memory.
constexpr std::size_t max_unfinished = 64 * 1024;

}  // namespace

void DialogueTrace::received(std::string_view lines) {
  if (!sink_) return;
  for (const std::string_view line : split(lines, '\n')) sink_(LogKind::received, line);
}

void DialogueTrace::sent(std::string_view line) {
  if (sink_) sink_(LogKind::sent, line);
}

void DialogueTrace::sent_piece(std::string_view bytes) {
  if (!sink_) return;
  while (!bytes.empty()) {
    const std::size_t line_end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, line_end);
    unfinished_ += piece;
    bytes.remove_prefix(line_end == std::string_view::npos ? bytes.size() : line_end + 1);
    if (line_end == std::string_view::npos && unfinished_.size() < max_unfinished) return;
    if (unfinished_.ends_with('\r')) unfinished_.pop_back();
    sink_(LogKind::sent, unfinished_);
    unfinished_.clear();
  }
}

}  // namespace msmtp
