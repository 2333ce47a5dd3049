// The content of a mail as a command reads it.
#include "parent/line_ends.hpp"

namespace msmtp {

void LineEndConverter::convert(std::string_view piece, std::string& text) {
  if (piece.empty()) return;
  if (pending_cr_ && piece.front() != '\n') text += '\r';
  pending_cr_ = piece.ends_with('\r');
  if (pending_cr_) piece.remove_suffix(1);
  for (;;) {
    const std::size_t cr = piece.find("\r\n");
    text += piece.substr(0, cr);
    if (cr == std::string_view::npos) return;
    piece.remove_prefix(cr + 1);
  }
}

void LineEndConverter::finish(std::string& text) {
  if (pending_cr_) text += '\r';
  pending_cr_ = false;
}

}  // namespace msmtp
