// ARCHITECTURE.md shows the table of rights: the one that the code enforces, word for word.
#include "common/fd.hpp"
#include "common/roles.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <unistd.h>

using namespace msmtp;

namespace {

constexpr std::string_view begin_mark = "<!-- table of rights: begin -->\n";
constexpr std::string_view end_mark = "<!-- table of rights: end -->\n";

// The tests run from the top of the source tree.
std::string architecture() {
  const auto fd = open_for_reading("ARCHITECTURE.md");
  REQUIRE(fd.has_value());
  std::string text;
  char piece[4096];
  for (;;) {
    const auto size = read(fd->number(), piece, sizeof piece);
    REQUIRE(size >= 0);
    if (size == 0) return text;
    text.append(piece, static_cast<std::size_t>(size));
  }
}

std::string_view between_marks(std::string_view text) {
  const auto begin = text.find(begin_mark);
  REQUIRE(begin != std::string_view::npos);
  text.remove_prefix(begin + begin_mark.size());
  const auto end = text.find(end_mark);
  REQUIRE(end != std::string_view::npos);
  CHECK(text.substr(end).find(begin_mark) == std::string_view::npos);
  return text.substr(0, end);
}

}  // namespace

TEST_CASE("ARCHITECTURE.md shows the table of rights as the code has it") {
  const std::string text = architecture();
  const std::string table = rights_as_markdown();
  INFO("Put these lines between the two marks in ARCHITECTURE.md:\n" << table);
  CHECK(between_marks(text) == table);
}

TEST_CASE("ARCHITECTURE.md tells a row of the table for every stage") {
  const std::string text = architecture();
  std::size_t rows = 0;
  for (const char c : between_marks(text)) rows += c == '\n' ? 1 : 0;
  CHECK(rows == table_of_rights().size() + 2);  // the heading and the rule below it
}
