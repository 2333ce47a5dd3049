// The header section of the mail on standard input: cut off from the body, and taken apart into fields.
#pragma once

#include "common/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace msmtp {

inline constexpr std::size_t max_header_section = std::size_t{4} * 1024 * 1024;

struct HeaderSection {
  std::string lines;            // each non-empty and ended by one LF; without the empty line
  bool has_empty_line = false;  // an empty line ended the section, not the end of the input
};

// Reads a header section from pieces of any size. LF, CRLF and a bare CR end a line; the section ends
// after the first empty line (RFC 5322, 2.1).
class HeaderSectionReader {
 public:
  explicit HeaderSectionReader(std::size_t limit = max_header_section) : limit_(limit) {}

  // How many bytes at the beginning of PIECE belong to the section; the rest is body. EX_DATAERR when
  // the section would grow over the limit.
  Result<std::size_t> feed(std::string_view piece);

  // The input ended.
  void finish();

  bool complete() const { return complete_; }
  HeaderSection take() { return std::move(section_); }

 private:
  Result<void> add_to_line(std::string_view bytes);
  void end_line(char line_end);

  std::size_t limit_;
  HeaderSection section_;
  bool after_cr_ = false;  // an LF that comes next belongs to the line end already seen
  bool complete_ = false;
};

struct HeaderField {
  std::string_view lines;  // all of it, continuation lines and every LF included
  std::string_view name;   // what stands before the colon of the first line; empty without a colon
  std::string_view value;  // what follows that colon, folds and the last LF included
};

// Whether NAME, in letters of any case, is the field's name with nothing between it and the colon.
bool has_name(const HeaderField& field, std::string_view name);

// Goes through the fields of HeaderSection::lines. A line that begins with a blank continues the field
// before it; so does one with control bytes before the blank, since they may get lost on the way.
class HeaderFieldReader {
 public:
  explicit HeaderFieldReader(std::string_view lines) : rest_(lines) {}
  std::optional<HeaderField> next();

 private:
  std::string_view rest_;
};

}  // namespace msmtp
