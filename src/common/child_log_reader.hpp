// The parent's end of a child's log pipe: bytes in, records out, never more than a bounded number of them.
#pragma once

#include "common/child_log.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

struct LogRecord {
  LogKind kind = LogKind::warning;
  std::string text;  // printable
};

class ChildLogReader {
 public:
  // The records that BYTES complete. Warnings beyond `max_warnings` are dropped, the last one says so; a line
  // longer than `max_line` comes in pieces.
  std::vector<LogRecord> feed(std::string_view bytes);

 private:
  static constexpr std::size_t max_line = 4096;
  static constexpr std::size_t max_warnings = 100;

  void finish_line(std::vector<LogRecord>& records);

  std::string line_;
  std::size_t warnings_ = 0;
};

}  // namespace msmtp
