// The body of the mail with canonical line ends.
#include "parent/body_canonicalizer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace msmtp {

namespace {

// Sixteen bytes that are looked at together; for the compiler they are one register.
using Block = std::uint8_t __attribute__((vector_size(16)));

bool any_set(const Block& block) {
  std::uint64_t halves[2];
  std::memcpy(halves, &block, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// Copies what stands before the next line end, or as much of it as SIZE allows.
struct Run {
  std::size_t size = 0;
  bool ended = false;  // a CR or LF follows
  bool has_eight_bit = false;
};

Run copy_run(const char* in, char* out, std::size_t size) {
  Run run;
  Block seen{};
  for (; size - run.size >= sizeof(Block); run.size += sizeof(Block)) {
    Block block;
    std::memcpy(&block, in + run.size, sizeof block);
    const Block ends = (block == '\n') | (block == '\r');
    if (any_set(ends)) break;
    std::memcpy(out + run.size, &block, sizeof block);
    seen |= block;
  }
  std::uint8_t rest = 0;
  for (; run.size < size && !run.ended; ++run.size) {
    const char c = in[run.size];
    run.ended = c == '\n' || c == '\r';
    if (run.ended) break;
    out[run.size] = c;
    rest |= static_cast<std::uint8_t>(c);
  }
  run.has_eight_bit = any_set(seen & 0x80) || (rest & 0x80) != 0;
  return run;
}

}  // namespace

BodyCanonicalizer::Step BodyCanonicalizer::convert(std::string_view in, std::span<char> out) {
  Step step;
  while (step.taken < in.size()) {
    const char next = in[step.taken];
    if (std::exchange(after_cr_, false) && next == '\n') {
      ++step.taken;
      continue;
    }
    const std::size_t room = out.size() - step.written;
    const Run run = copy_run(in.data() + step.taken, out.data() + step.written, std::min(in.size() - step.taken, room));
    step.taken += run.size;
    step.written += run.size;
    in_line_ = in_line_ || run.size > 0;
    has_eight_bit_ = has_eight_bit_ || run.has_eight_bit;
    if (!run.ended || out.size() - step.written < 2) break;
    std::memcpy(out.data() + step.written, "\r\n", 2);
    step.written += 2;
    in_line_ = false;
    ++lines_;
    after_cr_ = in[step.taken++] == '\r';
  }
  wire_size_ += step.written;
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
