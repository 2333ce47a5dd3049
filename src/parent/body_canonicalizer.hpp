// The body of the mail as it goes out: every line ended by CRLF, whatever ended it in the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace msmtp {

// LF, CRLF and a bare CR each end a line and become CRLF, so that no bare CR or LF ever reaches a server
// (RFC 5321, 2.3.8). All other bytes pass, NUL and 8-bit ones too, in lines of any length. The memory in
// use does not depend on the size of the mail.
class BodyCanonicalizer {
 public:
  struct Step {
    std::size_t taken = 0;    // bytes of the input that are done with
    std::size_t written = 0;  // bytes of the output that are filled
  };

  // Converts as much of IN as OUT has room for. With at least 2 bytes of room and any input it makes
  // progress. IN may end anywhere, between CR and LF too.
  Step convert(std::string_view in, std::span<char> out);

  // The input ended: what is still to be written, which is CRLF after an unfinished line, else nothing.
  std::string_view finish();

  // What was written so far: its bytes (as SIZE= counts), the same with each line end counted as one byte
  // (as the log counts), and whether there were bytes above 127.
  std::uint64_t wire_size() const { return wire_size_; }
  std::uint64_t counted_size() const { return wire_size_ - lines_; }
  bool has_eight_bit() const { return has_eight_bit_; }

 private:
  bool after_cr_ = false;  // an LF that comes next belongs to the line end already written
  bool in_line_ = false;   // the last line written to is not ended yet
  bool has_eight_bit_ = false;
  std::uint64_t wire_size_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace msmtp
