// Code points in the form in which domains compare them.
#include "common/unicode_forms.hpp"

#include "common/cursor.hpp"
#include "common/unicode_tables.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace msmtp {

namespace {

// ---- UTF-8 ----

// The COUNT continuation bytes that follow LEAD's own bits; nothing when they are not there.
std::optional<std::uint32_t> take_continuation(Cursor& cursor, std::uint32_t lead, int count) {
  for (int i = 0; i < count; ++i) {
    const auto byte = cursor.take();
    if (!byte || (static_cast<unsigned char>(*byte) & 0xc0U) != 0x80U) return std::nullopt;
    lead = (lead << 6) | (static_cast<unsigned char>(*byte) & 0x3fU);
  }
  return lead;
}

std::optional<std::uint32_t> take_code_point(Cursor& cursor) {
  const auto byte = cursor.take();
  if (!byte) return std::nullopt;
  const auto lead = static_cast<unsigned char>(*byte);
  if (lead < 0x80) return lead;
  const int count = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  if (lead < 0xc2 || lead > 0xf4) return std::nullopt;
  const auto point = take_continuation(cursor, lead & (0x3fU >> count), count);
  constexpr std::uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  if (!point || *point < least[count] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
    return std::nullopt;
  return point;
}

// ---- tables ----

// The row of ROWS whose range has POINT.
template <class Row>
const Row* row_with(std::span<const Row> rows, std::uint32_t point) {
  const auto after = std::ranges::upper_bound(rows, point, {}, &Row::first);
  if (after == rows.begin()) return nullptr;
  const Row& row = *std::prev(after);
  return point <= row.last ? &row : nullptr;
}

std::uint32_t lower_case(std::uint32_t point) {
  if (point >= 'A' && point <= 'Z') return point + 0x20;
  const CaseRange* row = row_with(case_ranges(), point);
  if (row == nullptr || (point - row->first) % row->step != 0) return point;
  return point + static_cast<std::uint32_t>(row->distance);
}

std::uint32_t combining_class(std::uint32_t point) {
  const CombiningRange* row = row_with(combining_ranges(), point);
  return row == nullptr ? 0 : row->combining_class;
}

// ---- NFC (Unicode Standard Annex 15) ----

void decompose(std::uint32_t point, CodePoints& out) {
  const std::span<const Composition> rows = compositions();
  const auto row = std::ranges::find(rows, point, &Composition::composite);
  if (row == rows.end()) return out.push_back(point);
  decompose(row->first, out);
  out.push_back(row->second);
}

// Combining characters in the order of their classes, each run for itself.
void order_combining(CodePoints& points) {
  for (auto begin = points.begin(); begin != points.end();) {
    const auto end = std::find_if(begin, points.end(), [](std::uint32_t point) { return combining_class(point) == 0; });
    std::ranges::stable_sort(begin, end, {}, combining_class);
    begin = end == points.end() ? end : std::next(end);
  }
}

// Hangul syllables are computed (The Unicode Standard, 3.12).
std::optional<std::uint32_t> compose_hangul(std::uint32_t first, std::uint32_t second) {
  constexpr std::uint32_t syllables = 0xac00, leads = 0x1100, vowels = 0x1161, tails = 0x11a7;
  constexpr std::uint32_t vowel_count = 21, tail_count = 28, lead_count = 19;
  const std::uint32_t lead = first - leads, vowel = second - vowels;
  if (lead < lead_count && vowel < vowel_count) return syllables + (lead * vowel_count + vowel) * tail_count;
  const std::uint32_t syllable = first - syllables, tail = second - tails;
  const bool is_open = syllable < lead_count * vowel_count * tail_count && syllable % tail_count == 0;
  if (is_open && tail > 0 && tail < tail_count) return first + tail;
  return std::nullopt;
}

std::optional<std::uint32_t> compose(std::uint32_t first, std::uint32_t second) {
  if (const auto syllable = compose_hangul(first, second)) return syllable;
  const std::span<const Composition> rows = compositions();
  const auto begin = std::ranges::lower_bound(rows, first, {}, &Composition::first);
  const auto row = std::find_if(begin, rows.end(),
                                [=](const Composition& one) { return one.first != first || one.second == second; });
  if (row == rows.end() || row->first != first) return std::nullopt;
  return row->composite;
}

}  // namespace

std::optional<CodePoints> code_points(std::string_view text) {
  CodePoints points;
  for (Cursor cursor(text); !cursor.at_end();) {
    const auto point = take_code_point(cursor);
    if (!point) return std::nullopt;
    points.push_back(*point);
  }
  return points;
}

void make_lower_case(CodePoints& points) {
  std::ranges::transform(points, points.begin(), lower_case);
}

CodePoints composed(const CodePoints& points) {
  CodePoints apart;
  for (const std::uint32_t point : points) decompose(point, apart);
  order_combining(apart);
  CodePoints out;
  std::size_t starter = 0;  // one more than where the last one stands in OUT; 0: there is none
  std::uint32_t last_class = 0;
  for (const std::uint32_t point : apart) {
    const std::uint32_t its_class = combining_class(point);
    const bool is_blocked = starter == 0 || (starter < out.size() && last_class >= its_class);
    const auto together = is_blocked ? std::nullopt : compose(out[starter - 1], point);
    if (together) {
      out[starter - 1] = *together;
      continue;
    }
    out.push_back(point);
    last_class = its_class;
    if (its_class == 0) starter = out.size();
  }
  return out;
}

bool can_be_label(const CodePoints& points) {
  const auto is_good = [](std::uint32_t point) {
    if (point >= 0x80) return row_with(label_ranges(), point) != nullptr;
    return (point >= 'a' && point <= 'z') || (point >= '0' && point <= '9') || point == '-' || point == '_';
  };
  if (points.empty() || !std::ranges::all_of(points, is_good)) return false;
  const bool has_hyphens =
      points.front() == '-' || points.back() == '-' || (points.size() > 3 && points[2] == '-' && points[3] == '-');
  return !has_hyphens && combining_class(points.front()) == 0;
}

}  // namespace msmtp
