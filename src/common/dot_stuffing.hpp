// The transparency of DATA: a dot at the beginning of a line is doubled (RFC 5321, 4.5.2).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace msmtp {

// What ends the data. It stands at the beginning of a line.
inline constexpr std::string_view end_of_data = ".\r\n";

// Stuffs a whole mail, header lines too, piece by piece. Its line ends are all CRLF.
class DotStuffer {
 public:
  struct Step {
    std::size_t taken = 0;    // bytes of the input that are done with
    std::size_t written = 0;  // bytes of the output that are filled
  };

  // Stuffs as much of IN as OUT has room for. With any input and any room it makes progress.
  Step stuff(std::string_view in, std::span<char> out);

  // Whether end_of_data may follow. When the mail's last line is not ended it may not.
  bool at_line_start() const { return at_line_start_; }

 private:
  bool at_line_start_ = true;
};

}  // namespace msmtp
