// A server's reply (RFC 5321, 4.2): a pure parser that takes bytes as they come.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace msmtp {

inline constexpr std::size_t max_reply_line = 64 * 1024;  // octets, without the line end
inline constexpr std::size_t max_reply_lines = 1000;
// What is kept of one reply: behind it lines are still checked, but only their codes stay.
inline constexpr std::size_t max_reply_kept = 256 * 1024;

struct Reply {
  int code = 0;      // 200 to 599; 0 when the reply was malformed before its first code
  std::string text;  // the lines with their codes, joined by '\n'; CR and NUL inside a line are '?'

  bool is_intermediate() const { return code / 100 == 3; }
  bool is_temporary_failure() const { return code / 100 == 4; }
  bool is_refusal() const { return code >= 400; }
};

// What stands behind the code of LINE: "250-SIZE 1" gives "SIZE 1".
std::string_view text_after_code(std::string_view line);

class ReplyParser {
 public:
  enum class State { incomplete, complete, malformed };

  // Takes bytes from the front of BYTES up to the end of the reply, and leaves what stands behind it. A line ends
  // with LF, before which one CR is dropped. Once malformed it takes nothing more.
  State feed(std::string_view& bytes);

  // Whether the next reply has begun and is not complete.
  bool has_begun() const { return lines_ != 0 || !line_.empty(); }

  // The reply, or what there is of it; the parser then waits for the next one.
  Reply take();

  // What is wrong with a malformed reply, as the end of a sentence: "a line that is too long".
  std::string_view fault() const { return fault_; }

 private:
  State take_line();
  State malformed(std::string_view fault);
  void keep(std::string_view line);

  std::string line_;
  Reply reply_;
  std::size_t lines_ = 0;
  State state_ = State::incomplete;
  std::string_view fault_;
};

}  // namespace msmtp
