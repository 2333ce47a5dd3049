// Header sections of any bytes, in pieces of any size: cut, scanned, edited.
#include "common/text.hpp"
#include "parent/display_name.hpp"
#include "parent/header_edit.hpp"
#include "parent/header_scan.hpp"
#include "parent/header_section.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Cut {
  HeaderSection section;
  std::size_t used = 0;
};

Cut cut(std::string_view mail, std::size_t piece_size) {
  HeaderSectionReader reader;
  Cut result;
  while (result.used < mail.size() && !reader.complete()) {
    const auto used = reader.feed(mail.substr(result.used, piece_size));
    require(used && (*used > 0 || reader.complete()));
    result.used += *used;
  }
  if (!reader.complete()) reader.finish();
  result.section = reader.take();
  return result;
}

void check_lines(const std::string& lines) {
  require(lines.find('\r') == std::string::npos);
  require(lines.find("\n\n") == std::string::npos && !lines.starts_with('\n'));
  require(lines.empty() || lines.ends_with('\n'));
}

void check_fields(const std::string& lines) {
  std::size_t total = 0;
  HeaderFieldReader fields(lines);
  while (const auto field = fields.next()) {
    require(!field->lines.empty() && field->lines.ends_with('\n'));
    require(field->name.find_first_of("\n:") == std::string_view::npos);
    total += field->lines.size();
  }
  require(total == lines.size());
}

// Every CR is followed by LF and every LF preceded by CR.
bool is_canonical(std::string_view text) {
  const auto pairs = [&] {
    std::ptrdiff_t count = 0;
    for (auto at = text.find("\r\n"); at != std::string_view::npos; at = text.find("\r\n", at + 2)) ++count;
    return count;
  }();
  return std::ranges::count(text, '\r') == pairs && std::ranges::count(text, '\n') == pairs;
}

void check_removal(const HeaderSection& section) {
  GeneratedHeaders generated;
  generated.from = "From: a@b\r\n";
  generated.to = "To: undisclosed-recipients:;\r\n";
  const auto header = outgoing_header(section, generated, true);
  require(is_canonical(header.bytes));
  require(header.bytes.starts_with(generated.from + generated.to));
  const auto kept = cut(std::string_view(header.bytes).substr(generated.from.size() + generated.to.size()), 4096);
  require(scan_headers(kept.section.lines).recipients.empty() ||
          starts_with_ignoring_case(kept.section.lines, "Resent-") ||
          ascii_lower(kept.section.lines).find("\nresent-") != std::string::npos);
  require(!scan_headers(kept.section.lines).has_from);
  HeaderFieldReader fields(kept.section.lines);
  while (const auto field = fields.next()) {
    const auto name = trim_blanks(field->name);
    require(!equal_ignoring_case(name, "Bcc") && !equal_ignoring_case(name, "Resent-Bcc"));
  }
  // What was edited once has nothing left to remove.
  require(outgoing_header(kept.section, {}, true).bytes.size() + generated.from.size() + generated.to.size() ==
          header.bytes.size());
}

void check_phrase(std::string_view name) {
  const auto phrase = phrase_of(name);
  require(is_canonical(phrase.text));
  require(std::ranges::none_of(phrase.text, [](char c) { return c == '\0' || (c & 0x80) != 0; }));
  for (const auto line : split(phrase.text, '\n')) require(line.size() <= (phrase.encoded ? 77U : 500U));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece_size = data[0] + 1U;
  const std::string_view mail(reinterpret_cast<const char*>(data) + 1, size - 1);

  const auto whole = cut(mail, mail.size() + 1);
  const auto in_pieces = cut(mail, piece_size);
  require(whole.section.lines == in_pieces.section.lines);
  require(whole.section.has_empty_line == in_pieces.section.has_empty_line);
  // A CR at the end of a piece waits for the LF that may follow, so both stop at the same place.
  require(whole.used == in_pieces.used);
  require(whole.section.has_empty_line || whole.used == mail.size());

  check_lines(whole.section.lines);
  check_fields(whole.section.lines);
  const auto untouched = outgoing_header(whole.section, {}, false);
  require(untouched.counted_size == whole.section.lines.size() + (whole.section.has_empty_line ? 1 : 0));
  check_removal(whole.section);
  check_phrase(mail);
  return 0;
}
