// The lines of an SMTP client, from the bytes as they come.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

// RFC 5321, 4.5.3.1.4 has 512, and extensions more; an address may have 900.
inline constexpr std::size_t max_command_line = 4096;

struct ClientLine {
  std::string text;       // without its line end
  bool crlf = false;      // it ended in CRLF, not in LF alone
  bool too_long = false;  // text is only its beginning
};

class ClientLineReader {
 public:
  // The line that BYTES complete; what was taken of BYTES is removed. Nothing when there has to come more: then all
  // was taken. Never holds more than max_command_line bytes.
  std::optional<ClientLine> feed(std::string_view& bytes);

  // Octets of a line that has not ended, whether they were kept or not.
  std::size_t unfinished() const { return line_.size() + dropped_; }

 private:
  ClientLine take();

  std::string line_;
  std::size_t dropped_ = 0;
  bool dropped_cr_ = false;  // the last one dropped was CR
};

}  // namespace msmtp
