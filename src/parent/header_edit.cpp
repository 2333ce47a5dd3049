// The header section as it goes out.
#include "parent/header_edit.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <string_view>

namespace msmtp {

namespace {

// Longer than the name of any field that may have to go.
constexpr std::size_t longest_name = 16;

// The printable characters before the field's first colon, on whichever of its lines that is, in lower
// case; cut when they are many.
std::string recognisable_name(const HeaderField& field) {
  std::string name;
  if (field.lines.find(':') == std::string_view::npos) return name;
  for (const char c : field.lines) {
    if (c == ':' || name.size() == longest_name) break;
    if (c > ' ' && c < 0x7f) name.push_back(ascii_lower(c));
  }
  return name;
}

bool must_go(const HeaderField& field, const GeneratedHeaders& generated, bool remove_bcc) {
  const std::string name = recognisable_name(field);
  if (name == "from") return !generated.from.empty();
  if (name == "to" || name == "cc") return !generated.to.empty();
  if (name == "bcc") return remove_bcc || !generated.to.empty();
  return name == "resent-bcc" && remove_bcc;
}

void append_with_crlf(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    out.append(lines.substr(0, end)).append("\r\n");
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

}  // namespace

OutgoingHeader outgoing_header(const HeaderSection& section, const GeneratedHeaders& generated, bool remove_bcc) {
  OutgoingHeader header;
  header.bytes.reserve(section.lines.size() + section.lines.size() / 16 + 1024);
  header.bytes.append(generated.from).append(generated.to).append(generated.date).append(generated.message_id);
  HeaderFieldReader fields(section.lines);
  while (const auto field = fields.next()) {
    if (!must_go(*field, generated, remove_bcc)) append_with_crlf(header.bytes, field->lines);
  }
  if (section.has_empty_line) header.bytes += "\r\n";
  const auto line_ends = std::ranges::count(header.bytes, '\n');
  header.counted_size = header.bytes.size() - static_cast<std::uint64_t>(line_ends);
  return header;
}

}  // namespace msmtp
