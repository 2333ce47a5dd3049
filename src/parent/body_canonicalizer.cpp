// The body of the mail with canonical line ends.
#include "parent/body_canonicalizer.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <cstring>

namespace msmtp {

namespace {

// Finds the line ends of a text in order. The next LF and the next CR are each looked for only when the
// last one found lies behind, so that every byte is looked at twice and no more, also when one of them
// is rare and the other is not.
class LineEnds {
 public:
  explicit LineEnds(std::string_view text) : text_(text), lf_(find('\n', 0)), cr_(find('\r', 0)) {}

  // The place of the first line end not before FROM, or the size of the text.
  std::size_t next(std::size_t from) {
    if (lf_ < from) lf_ = find('\n', from);
    if (cr_ < from) cr_ = find('\r', from);
    return std::min(lf_, cr_);
  }

 private:
  std::size_t find(char c, std::size_t from) const { return std::min(text_.find(c, from), text_.size()); }

  std::string_view text_;
  std::size_t lf_;
  std::size_t cr_;
};

}  // namespace

BodyCanonicalizer::Step BodyCanonicalizer::convert(std::string_view in, std::span<char> out) {
  in = in.substr(0, out.size());
  Step step;
  if (after_cr_ && !in.empty()) {
    after_cr_ = false;
    if (in[0] == '\n') step.taken = 1;
  }
  for (LineEnds line_ends(in); step.taken < in.size();) {
    const auto end = line_ends.next(step.taken);
    const auto run = std::min(end - step.taken, out.size() - step.written);
    if (run > 0) {
      std::memcpy(out.data() + step.written, in.data() + step.taken, run);
      in_line_ = true;
    }
    step.taken += run;
    step.written += run;
    if (step.taken < end || end == in.size() || out.size() - step.written < 2) break;

    out[step.written++] = '\r';
    out[step.written++] = '\n';
    in_line_ = false;
    ++lines_;
    ++step.taken;
    if (in[end] == '\r') {
      after_cr_ = step.taken == in.size();
      if (!after_cr_ && in[step.taken] == '\n') ++step.taken;
    }
  }
  wire_size_ += step.written;
  if (!has_eight_bit_) has_eight_bit_ = has_non_ascii(in.substr(0, step.taken));
  return step;
}

std::string_view BodyCanonicalizer::finish() {
  if (!in_line_) return {};
  in_line_ = false;
  wire_size_ += 2;
  ++lines_;
  return "\r\n";
}

}  // namespace msmtp
