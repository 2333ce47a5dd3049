// The header section: where it ends, and what its fields are.
#include "parent/header_section.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace msmtp;
using namespace std::string_view_literals;

namespace {

struct Cut {
  std::string lines;
  bool has_empty_line = false;
  std::string body;
  friend bool operator==(const Cut&, const Cut&) = default;
};

// Cuts MAIL as if it came in pieces of SIZE bytes.
Cut cut_in_pieces(std::string_view mail, std::size_t size) {
  HeaderSectionReader reader;
  std::size_t used = 0;
  while (used < mail.size() && !reader.complete()) used += reader.feed(mail.substr(used, size)).value();
  if (!reader.complete()) reader.finish();
  const auto section = reader.take();
  return {section.lines, section.has_empty_line, std::string(mail.substr(used))};
}

void check_cut(std::string_view mail, const Cut& expected) {
  for (std::size_t size = 1; size <= mail.size() + 1; ++size) {
    INFO("pieces of " << size);
    const Cut cut = cut_in_pieces(mail, size);
    CHECK(cut.lines == expected.lines);
    CHECK(cut.has_empty_line == expected.has_empty_line);
    CHECK(cut.body == expected.body);
  }
}

std::vector<HeaderField> fields_of(std::string_view lines) {
  std::vector<HeaderField> fields;
  HeaderFieldReader reader(lines);
  while (const auto field = reader.next()) fields.push_back(*field);
  return fields;
}

}  // namespace

TEST_CASE("the header section ends after the first empty line, whatever ends the lines") {
  check_cut("A: 1\nB: 2\n\nbody\n", {"A: 1\nB: 2\n", true, "body\n"});
  check_cut("A: 1\r\nB: 2\r\n\r\nbody\r\n", {"A: 1\nB: 2\n", true, "body\r\n"});
  check_cut("A: 1\rB: 2\r\rbody\r", {"A: 1\nB: 2\n", true, "body\r"});
  check_cut("A: 1\r\nB: 2\n\r\n\r\nbody", {"A: 1\nB: 2\n", true, "\r\nbody"});
  check_cut("A: 1\n\r\r\nbody", {"A: 1\n", true, "\r\nbody"});
}

TEST_CASE("a section without an empty line ends with the input, and its last line is ended") {
  check_cut("A: 1\nB: 2", {"A: 1\nB: 2\n", false, ""});
  check_cut("A: 1\r", {"A: 1\n", false, ""});
  check_cut("", {"", false, ""});
  check_cut("A: 1\n\n", {"A: 1\n", true, ""});
}

TEST_CASE("an empty line at the beginning means that there are no headers") {
  check_cut("\nTo: a@b\n", {"", true, "To: a@b\n"});
  check_cut("\r\nTo: a@b\n", {"", true, "To: a@b\n"});
  check_cut("\r", {"", true, ""});
}

TEST_CASE("a line of blanks or NUL is no empty line") {
  check_cut("A: 1\n \nB: 2\n\nx", {"A: 1\n \nB: 2\n", true, "x"});
  check_cut("A: 1\n\0\nB: 2\n\nx"sv, {std::string("A: 1\n\0\nB: 2\n"sv), true, "x"});
}

TEST_CASE("a section larger than the limit is an error that says so") {
  HeaderSectionReader exact(10);
  CHECK(exact.feed("A: 45678\n").value() == 9);
  HeaderSectionReader exceeded(10);
  CHECK(exceeded.feed("A: 456789").value() == 9);
  const auto result = exceeded.feed("0");
  REQUIRE_FALSE(result);
  CHECK(result.error().code == ExitCode::data_error);
  CHECK(result.error().text == "the mail's header section is larger than 10 bytes");
}

TEST_CASE("the limit holds for many short lines too") {
  HeaderSectionReader reader(100);
  std::size_t fed = 0;
  while (const auto used = reader.feed("a\n")) fed += *used;
  CHECK(fed == 100);
}

TEST_CASE("a field has its continuation lines") {
  const auto fields = fields_of("To: a@b,\n c@d\n\te@f\nSubject: x\n");
  REQUIRE(fields.size() == 2);
  CHECK(fields[0].name == "To");
  CHECK(fields[0].value == " a@b,\n c@d\n\te@f\n");
  CHECK(fields[0].lines == "To: a@b,\n c@d\n\te@f\n");
  CHECK(fields[1].lines == "Subject: x\n");
}

TEST_CASE("control bytes before a blank do not begin a new field") {
  const auto fields = fields_of("Bcc: a@b,\n\0 c@d\n\0To: x\n"sv);
  REQUIRE(fields.size() == 2);
  CHECK(fields[1].lines == "\0To: x\n"sv);
}

TEST_CASE("lines without a colon, and a blank at the very beginning, are fields of their own") {
  const auto fields = fields_of(" Bcc: x\nFrom joe Mon Jan 1\nno colon\n here: it is\n");
  REQUIRE(fields.size() == 3);
  CHECK(fields[0].name == " Bcc");
  CHECK(fields[1].name.empty());
  CHECK(fields[2].name.empty());
  CHECK(fields[2].lines == "no colon\n here: it is\n");
}

TEST_CASE("a field's name counts in any case but not with blanks before the colon") {
  const auto fields = fields_of("mEsSaGe-Id: x\nDate : y\n");
  CHECK(has_name(fields[0], "Message-ID"));
  CHECK_FALSE(has_name(fields[1], "Date"));
}
