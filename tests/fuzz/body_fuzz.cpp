// Bodies of any bytes, cut in any way: canonical, equal to a plain conversion, and stuffed without loss.
#include "common/dot_stuffing.hpp"
#include "parent/body_canonicalizer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// The lines of TEXT, the slow and obvious way.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' || text[i] == '\n') {
      lines.push_back(line);
      line.clear();
      if (text.substr(i, 2) == "\r\n") ++i;
    } else {
      line.push_back(text[i]);
    }
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

// Passes TEXT in pieces of IN_SIZE bytes through CONVERTER, which fills buffers of OUT_SIZE bytes.
template <class Converter>
std::string passed_through(std::string_view text, std::size_t in_size, std::size_t out_size, Converter convert) {
  std::string out;
  std::vector<char> buffer(out_size);
  while (!text.empty()) {
    auto piece = text.substr(0, in_size);
    text.remove_prefix(piece.size());
    while (!piece.empty()) {
      const auto step = convert(piece, std::span<char>(buffer));
      require(step.taken <= piece.size() && step.written <= buffer.size());
      require(step.taken > 0 || step.written > 0);
      out.append(buffer.data(), step.written);
      piece.remove_prefix(step.taken);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t in_size = data[0] + 1U;
  const std::size_t out_size = data[1] + 2U;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);

  std::string expected;
  std::string expected_stuffed;
  std::uint64_t counted = 0;
  for (const auto& line : lines_of(text)) {
    expected += line + "\r\n";
    expected_stuffed += (line.starts_with('.') ? "." : "") + line + "\r\n";
    counted += line.size() + 1;
  }

  BodyCanonicalizer body;
  auto canonical = passed_through(text, in_size, out_size, [&](auto in, auto out) { return body.convert(in, out); });
  canonical += body.finish();
  require(canonical == expected);
  require(body.wire_size() == expected.size());
  require(body.counted_size() == counted);
  require(body.has_eight_bit() == std::ranges::any_of(text, [](char c) { return (c & 0x80) != 0; }));

  DotStuffer stuffer;
  const auto stuffed =
      passed_through(canonical, in_size, out_size - 1, [&](auto in, auto out) { return stuffer.stuff(in, out); });
  require(stuffed == expected_stuffed);
  require(stuffer.at_line_start());
  // Nothing inside the mail can be taken for its end.
  require(!stuffed.starts_with(end_of_data) && stuffed.find("\r\n.\r\n") == std::string::npos);
  return 0;
}
