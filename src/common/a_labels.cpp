// Internationalized domains in ASCII.
#include "common/a_labels.hpp"

#include "common/text.hpp"
#include "common/unicode_forms.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace msmtp {

namespace {

constexpr std::size_t max_label = 63;

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
  auto given = code_points(label);
  if (!given || given->size() > 4 * max_label) return std::nullopt;
  make_lower_case(*given);
  const CodePoints points = composed(*given);
  if (!can_be_label(points)) return std::nullopt;
  std::string text = "xn--" + punycode(points);
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
