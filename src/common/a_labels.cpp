// Internationalized domains in ASCII.
#include "common/a_labels.hpp"

#include "common/cursor.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace msmtp {

namespace {

using CodePoints = std::vector<std::uint32_t>;

constexpr std::size_t max_label = 63;

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

// Takes one code point; nothing for what RFC 3629 does not allow: overlong forms, surrogates, too large numbers.
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

std::uint32_t lower_case(std::uint32_t point) {
  if (point >= 'A' && point <= 'Z') return point + 0x20;
  if (point >= 0xc0 && point <= 0xde && point != 0xd7) return point + 0x20;     // Latin-1, not the times sign
  if (point >= 0x391 && point <= 0x3a9 && point != 0x3a2) return point + 0x20;  // Greek
  if (point >= 0x400 && point <= 0x40f) return point + 0x50;                    // Cyrillic
  if (point >= 0x410 && point <= 0x42f) return point + 0x20;
  return point;
}

std::optional<CodePoints> code_points(std::string_view label) {
  CodePoints points;
  for (Cursor cursor(label); !cursor.at_end();) {
    const auto point = take_code_point(cursor);
    if (!point) return std::nullopt;
    points.push_back(lower_case(*point));
  }
  return points;
}

// ---- Punycode, with the names and numbers of RFC 3492, 5 and 6 ----

constexpr std::uint32_t base = 36;
constexpr std::uint32_t tmin = 1;
constexpr std::uint32_t tmax = 26;
constexpr std::uint32_t skew = 38;
constexpr std::uint32_t damp = 700;
constexpr std::uint32_t initial_bias = 72;
constexpr std::uint32_t first_non_ascii = 0x80;

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / damp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > (base - tmin) * tmax / 2; k += base) delta /= base - tmin;
  return k + (base - tmin + 1) * delta / (delta + skew);
}

// A number in digits of growing weight.
void append_number(std::string& out, std::uint32_t number, std::uint32_t bias) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (std::uint32_t k = base;; k += base) {
    const std::uint32_t threshold = k <= bias ? tmin : std::min(k - bias, tmax);
    if (number < threshold) break;
    out += digits[threshold + (number - threshold) % (base - threshold)];
    number = (number - threshold) / (base - threshold);
  }
  out += digits[number];
}

std::uint32_t least_from(const CodePoints& points, std::uint32_t bound) {
  std::uint32_t least = UINT32_MAX;
  for (const std::uint32_t point : points) {
    if (point >= bound) least = std::min(least, point);
  }
  return least;
}

// No number can overflow: labels are short, and 64 code points times the largest one fit into 32 bits.
std::string punycode(const CodePoints& points) {
  std::string out;
  for (const std::uint32_t point : points) {
    if (point < first_non_ascii) out += static_cast<char>(point);
  }
  const auto basic = static_cast<std::uint32_t>(out.size());
  if (basic > 0) out += '-';
  std::uint32_t next = first_non_ascii;
  std::uint32_t delta = 0;
  std::uint32_t bias = initial_bias;
  for (std::uint32_t handled = basic; handled < points.size(); ++delta, ++next) {
    const std::uint32_t point = least_from(points, next);
    delta += (point - next) * (handled + 1);
    next = point;
    for (const std::uint32_t other : points) {
      if (other < next) ++delta;
      if (other != next) continue;
      append_number(out, delta, bias);
      bias = adapt(delta, handled + 1, handled == basic);
      delta = 0;
      ++handled;
    }
  }
  return out;
}

std::optional<std::string> to_a_label(std::string_view label) {
  if (!has_non_ascii(label)) return std::string(label);
  const auto points = code_points(label);
  if (!points || points->size() > max_label) return std::nullopt;
  std::string text = "xn--" + punycode(*points);
  if (text.size() > max_label) return std::nullopt;
  return text;
}

}  // namespace

std::optional<std::string> to_a_labels(std::string_view domain) {
  std::string text;
  for (const std::string_view label : split(domain, '.')) {
    const auto converted = to_a_label(label);
    if (!converted) return std::nullopt;
    text += *converted;
    text += '.';
  }
  text.pop_back();
  return text;
}

}  // namespace msmtp
