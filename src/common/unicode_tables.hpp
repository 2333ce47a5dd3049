// Facts about code points, as far as domains need them. Sorted by their first member.
#pragma once

#include <cstdint>
#include <span>

namespace msmtp {

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

// Code points whose lower case is DISTANCE away: those from FIRST to LAST, or every STEP of them.
struct CaseRange {
  std::uint32_t first;
  std::uint32_t last;
  std::int32_t distance;
  std::uint32_t step;
};

// Code points of a canonical combining class other than 0.
struct CombiningRange {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t combining_class;
};

// What two code points make together (NFC), Hangul left out.
struct Composition {
  std::uint32_t first;
  std::uint32_t second;
  std::uint32_t composite;
};

// Above ASCII: what may stand in a label (RFC 5892, without its rules on context).
std::span<const CodeRange> label_ranges();
std::span<const CaseRange> case_ranges();
std::span<const CombiningRange> combining_ranges();
std::span<const Composition> compositions();

}  // namespace msmtp
