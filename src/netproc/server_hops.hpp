// How many servers a mail has passed: the Received fields of its header section (RFC 5321, 6.3), counted while it comes
// in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace msmtp {

// More of them, and the mail goes in circles.
inline constexpr std::size_t max_hops = 100;

class HopCounter {
 public:
  // The next BYTES of the mail, cut wherever. A line ends in LF, with or without CR before it; the first empty one ends
  // the header section.
  void add(std::string_view bytes);
  std::size_t hops() const { return hops_; }

 private:
  void look_at(char c);

  enum class State : std::uint8_t {
    name,        // at the beginning of a line, what there was is that of "Received"
    after_name,  // blanks before the colon
    other,       // the rest of the line
    cr,          // of a line that may be empty
    body,
  };

  State state_ = State::name;
  std::size_t matched_ = 0;  // in name: how much of it
  std::size_t hops_ = 0;
};

}  // namespace msmtp
