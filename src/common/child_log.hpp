// The log pipe of a child: lines for the parent, which makes them printable and writes the prefix.
//
// A record is one kind byte, the text without newline or NUL, and a newline. Lines that a library
// writes to descriptor 2 by itself have no kind byte that we know and count as warnings.
#pragma once

#include <cstdint>
#include <string_view>

namespace msmtp {

enum class LogKind : char {
  warning = '!',   // for stderr, with the program's prefix
  received = '<',  // --debug: a line from the server, without its line end
  sent = '>',      // --debug: a line to the server, without its line end
  note = '=',      // --debug: a line of its own
};

// Writes records to descriptor 2. Line ends and NUL inside TEXT become '?'; long text is cut at 4,000 bytes
// (for received and sent: continued in further records).
void log_record(LogKind kind, std::string_view text);
inline void log_warning(std::string_view text) {
  log_record(LogKind::warning, text);
}

}  // namespace msmtp
