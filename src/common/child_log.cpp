// Writing to the log pipe.
#include "common/child_log.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr std::size_t longest_record = 4000;  // below PIPE_BUF, so that records never interleave

void write_record(LogKind kind, std::string_view text) {
  std::string record(1, static_cast<char>(kind));
  record += text;
  std::replace_if(
      record.begin() + 1, record.end(), [](char c) { return c == '\n' || c == '\0' || c == '\r'; }, '?');
  record += '\n';
  while (write(STDERR_FILENO, record.data(), record.size()) < 0 && errno == EINTR) {}
}

}  // namespace

void log_record(LogKind kind, std::string_view text) {
  const bool continued = kind == LogKind::received || kind == LogKind::sent;
  do {
    write_record(kind, text.substr(0, longest_record));
    text.remove_prefix(std::min(text.size(), longest_record));
  } while (continued && !text.empty());
}

}  // namespace msmtp
