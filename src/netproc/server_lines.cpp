// The lines of an SMTP client.
#include "netproc/server_lines.hpp"

#include <algorithm>
#include <utility>

namespace msmtp {

std::optional<ClientLine> ClientLineReader::feed(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  const std::string_view piece = bytes.substr(0, end);
  const std::size_t kept = std::min(piece.size(), max_command_line - line_.size());
  line_ += piece.substr(0, kept);
  dropped_ += piece.size() - kept;
  if (kept < piece.size()) dropped_cr_ = piece.back() == '\r';
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos) return std::nullopt;
  return take();
}

ClientLine ClientLineReader::take() {
  ClientLine line;
  line.too_long = dropped_ > 0;
  line.crlf = line.too_long ? dropped_cr_ : line_.ends_with('\r');
  if (line.crlf && !line.too_long) line_.pop_back();
  line.text = std::exchange(line_, {});
  dropped_ = 0;
  dropped_cr_ = false;
  return line;
}

}  // namespace msmtp
