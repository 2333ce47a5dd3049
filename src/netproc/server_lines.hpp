// The lines of an SMTP client, from the bytes as they come.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace msmtp {

// RFC 5321, 4.5.3.1.4 has 512, and extensions more; an address may have 900.
inline constexpr std::size_t max_command_line = 4096;
// What belongs to AUTH, without its line end (RFC 4954, 4).
inline constexpr std::size_t max_login_line = 12288 - 2;

struct ClientLine {
  std::string_view text;  // without its line end; in the reader's memory, until the next feed()
  bool crlf = false;      // it ended in CRLF, not in LF alone
  bool too_long = false;  // text is only its beginning
};

class ClientLineReader {
 public:
  ClientLineReader();

  // The line that BYTES complete; what was taken of BYTES is removed. Nothing when there has to come more: then all
  // was taken. Never holds more than max_login_line bytes.
  std::optional<ClientLine> feed(std::string_view& bytes);

  // Octets of a line that has not ended, whether they were kept or not.
  std::size_t unfinished() const { return is_complete_ ? 0 : size_ + dropped_; }

  // Overwrites all that it has read, when there was a password among it. Between lines.
  void wipe();

 private:
  void keep(std::string_view piece);
  ClientLine line() const;

  std::unique_ptr<char[]> kept_;
  std::size_t size_ = 0;
  std::size_t dropped_ = 0;
  bool dropped_cr_ = false;   // the last one dropped was CR
  bool is_complete_ = false;  // the next byte begins another line
};

}  // namespace msmtp
