// Records from a log pipe.
#include "common/child_log_reader.hpp"

#include "common/text.hpp"

namespace msmtp {

namespace {

bool is_kind(char c) {
  return c == static_cast<char>(LogKind::warning) || c == static_cast<char>(LogKind::received) ||
         c == static_cast<char>(LogKind::sent) || c == static_cast<char>(LogKind::note);
}

}  // namespace

std::vector<LogRecord> ChildLogReader::feed(std::string_view bytes) {
  std::vector<LogRecord> records;
  for (const char c : bytes) {
    if (c == '\n' || line_.size() == max_line) finish_line(records);
    if (c != '\n') line_ += c;
  }
  return records;
}

void ChildLogReader::finish_line(std::vector<LogRecord>& records) {
  LogRecord record;
  std::string_view text = line_;
  if (!text.empty() && is_kind(text.front())) {
    record.kind = static_cast<LogKind>(text.front());
    text.remove_prefix(1);
  }
  record.text = printable(text);
  line_.clear();
  if (record.kind == LogKind::warning && ++warnings_ >= max_warnings) {
    if (warnings_ > max_warnings) return;
    record.text = "too many warnings, the rest is left out";
  }
  records.push_back(std::move(record));
}

}  // namespace msmtp
