// The content of DATA as a server reads it: where it ends, and without the dots that the client put in (RFC 5321,
// 4.5.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace msmtp {

// What a line end is. It is one or the other for all of a mail: who takes both for one lets a mail end itself, and
// begin another ("SMTP smuggling").
enum class LineEnds : std::uint8_t { crlf, lf };

class DataDecoder {
 public:
  explicit DataDecoder(LineEnds line_ends) : line_ends_(line_ends) {}

  struct Step {
    std::size_t taken = 0;    // bytes of the input that are done with
    std::size_t written = 0;  // bytes of the output that are filled
  };

  // Decodes as much of IN as OUT has room for; after the end of the content nothing. With any input and room for two
  // bytes it makes progress. Other bytes than the dots stay as they are, bare CR and LF too.
  Step decode(std::string_view in, std::span<char> out);

  // The lone dot has come; what follows it in the input are commands.
  bool ended() const { return state_ == State::ended; }

 private:
  enum class State : std::uint8_t {
    line_start,
    dot,     // at the beginning of a line; held back
    dot_cr,  // and CR after it; both held back
    text,
    ended,
  };

  Step copy_text(std::string_view in, std::span<char> out);
  // What C does after a dot at the beginning of a line; how many bytes of OUT it fills.
  std::size_t after_dot(char c, std::span<char> out);
  std::size_t after_dot_and_cr(char c, std::span<char> out);

  LineEnds line_ends_;
  State state_ = State::line_start;
  bool after_cr_ = false;  // in text: the byte before was CR
};

}  // namespace msmtp
