// The lines of an SMTP client.
#include "netproc/server_lines.hpp"

#include "common/secret.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace msmtp {

namespace {

// A CR before the line end is kept beside the longest line.
constexpr std::size_t room = max_login_line + 1;

}  // namespace

ClientLineReader::ClientLineReader() : kept_(std::make_unique_for_overwrite<char[]>(room)) {}

std::optional<ClientLine> ClientLineReader::feed(std::string_view& bytes) {
  if (std::exchange(is_complete_, false)) {
    size_ = dropped_ = 0;
    dropped_cr_ = false;
  }
  const auto end = bytes.find('\n');
  keep(bytes.substr(0, end));
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end == std::string_view::npos) return std::nullopt;
  is_complete_ = true;
  return line();
}

void ClientLineReader::keep(std::string_view piece) {
  const std::size_t count = std::min(piece.size(), room - size_);
  if (count > 0) std::memcpy(kept_.get() + size_, piece.data(), count);
  size_ += count;
  dropped_ += piece.size() - count;
  if (count < piece.size()) dropped_cr_ = piece.back() == '\r';
}

ClientLine ClientLineReader::line() const {
  std::string_view text(kept_.get(), size_);
  const bool crlf = dropped_ > 0 ? dropped_cr_ : text.ends_with('\r');
  if (crlf && dropped_ == 0) text.remove_suffix(1);
  return {text.substr(0, max_login_line), crlf, dropped_ > 0 || text.size() > max_login_line};
}

void ClientLineReader::wipe() {
  wipe_memory(kept_.get(), room);
  size_ = 0;
}

}  // namespace msmtp
