// The header section of the mail.
#include "parent/header_section.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <string>

namespace msmtp {

Result<std::size_t> HeaderSectionReader::feed(std::string_view piece) {
  std::size_t used = 0;
  while (used < piece.size() && !complete_) {
    if (std::exchange(after_cr_, false)) {
      if (piece[used] == '\n') ++used;
      complete_ = section_.has_empty_line;
      continue;
    }
    const auto line_end = std::min(piece.find_first_of("\r\n", used), piece.size());
    TRY(add_to_line(piece.substr(used, line_end - used)));
    used = line_end;
    if (used < piece.size()) end_line(piece[used++]);
  }
  return used;
}

Result<void> HeaderSectionReader::add_to_line(std::string_view bytes) {
  if (bytes.size() + 1 > limit_ - std::min(limit_, section_.lines.size())) {
    return fail(ExitCode::data_error, "the mail's header section is larger than " + std::to_string(limit_) + " bytes");
  }
  section_.lines.append(bytes);
  return {};
}

void HeaderSectionReader::end_line(char line_end) {
  after_cr_ = line_end == '\r';
  if (section_.lines.empty() || section_.lines.ends_with('\n')) {
    section_.has_empty_line = true;
    complete_ = !after_cr_;
  } else {
    section_.lines.push_back('\n');
  }
}

void HeaderSectionReader::finish() {
  if (!section_.lines.empty() && !section_.lines.ends_with('\n')) section_.lines.push_back('\n');
  complete_ = true;
}

namespace {

std::size_t line_size(std::string_view text) {
  const auto end = text.find('\n');
  return end == std::string_view::npos ? text.size() : end + 1;
}

bool is_continuation(std::string_view line) {
  const auto is_noise = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
  };
  const auto first = std::ranges::find_if_not(line, is_noise);
  return first != line.end() && (*first == ' ' || *first == '\t');
}

}  // namespace

bool has_name(const HeaderField& field, std::string_view name) {
  return equal_ignoring_case(field.name, name);
}

std::optional<HeaderField> HeaderFieldReader::next() {
  if (rest_.empty()) return std::nullopt;
  std::size_t size = line_size(rest_);
  const auto colon = rest_.substr(0, size).find(':');
  while (is_continuation(rest_.substr(size, line_size(rest_.substr(size))))) size += line_size(rest_.substr(size));

  HeaderField field{rest_.substr(0, size), {}, {}};
  if (colon != std::string_view::npos) {
    field.name = field.lines.substr(0, colon);
    field.value = field.lines.substr(colon + 1);
  }
  rest_.remove_prefix(size);
  return field;
}

}  // namespace msmtp
