// Text without a locale.
#include "common/text.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace msmtp;

TEST_CASE("printable replaces every control byte and keeps the length") {
  CHECK(printable("plain text, 100% ~") == "plain text, 100% ~");
  CHECK(printable("a\r\nb\tc\x1b[31m\x7f") == "a??b?c?[31m?");
  CHECK(printable(std::string_view("\0\x01\x1f ", 4)) == "??? ");
}

TEST_CASE("printable replaces C1 controls in UTF-8 and keeps other UTF-8") {
  CHECK(printable("\xc2\x80|\xc2\x9b|\xc2\x9f") == "??|??|??");
  CHECK(printable("\xc2\xa0\xc3\xbc\xe2\x82\xac") == "\xc2\xa0\xc3\xbc\xe2\x82\xac");
  CHECK(printable("end\xc2") == "end\xc2");
}

TEST_CASE("printable replaces C1 controls that stand alone, as an 8-bit terminal obeys them") {
  CHECK(printable("\x9b"
                  "1m|\x85|\xe4\x9b|\xc3\x9b") == "?1m|?|\xe4?|\xc3\x9b");
  CHECK(printable("caf\xe9") == "caf\xe9");
}

TEST_CASE("printable keeps no control byte whatever the input") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  for (const char c : printable(all)) {
    const auto byte = static_cast<unsigned char>(c);
    CHECK((byte >= 0x20 && byte != 0x7f));
  }
}

TEST_CASE("case mapping touches ASCII letters only") {
  CHECK(ascii_lower("AZ@[\xc4") == "az@[\xc4");
  CHECK(ascii_upper("az`{\xe4") == "AZ`{\xe4");
  CHECK(ascii_lower('Z') == 'z');
  CHECK(ascii_upper('a') == 'A');
}

TEST_CASE("comparison ignores the case of ASCII letters and nothing else") {
  CHECK(equal_ignoring_case("StartTLS", "STARTtls"));
  CHECK(equal_ignoring_case("", ""));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("ab", "a"));
  CHECK_FALSE(equal_ignoring_case("@", "`"));
  CHECK_FALSE(equal_ignoring_case("[", "{"));
}

TEST_CASE("a prefix is found whatever its case, and never past the end") {
  CHECK(starts_with_ignoring_case("Subject: x", "subject:"));
  CHECK(starts_with_ignoring_case("x", ""));
  CHECK_FALSE(starts_with_ignoring_case("Sub", "subject"));
}

TEST_CASE("decimal numbers are digits only and within the maximum") {
  CHECK(parse_decimal("0", 9) == 0U);
  CHECK(parse_decimal("0025", 25) == 25U);
  CHECK(parse_decimal("65535", 65535) == 65535U);
  CHECK_FALSE(parse_decimal("65536", 65535));
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1a", "0x1", "1.0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text, 1000));
  }
}

TEST_CASE("decimal numbers reach the largest one and do not wrap") {
  constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
  CHECK(parse_decimal("18446744073709551615", largest) == largest);
  CHECK_FALSE(parse_decimal("18446744073709551616", largest));
}

TEST_CASE("blanks are trimmed at both ends and kept inside") {
  CHECK(trim_blanks(" \t a b\t ") == "a b");
  CHECK(trim_blanks(" \t ").empty());
  CHECK(trim_blanks("\n a") == "\n a");
}

TEST_CASE("split gives one piece more than there are separators") {
  using Pieces = std::vector<std::string_view>;
  CHECK(split("a,,b", ',') == Pieces{"a", "", "b"});
  CHECK(split("", ',') == Pieces{""});
  CHECK(split(",", ',') == Pieces{"", ""});
}

TEST_CASE("the high bit is noticed anywhere") {
  CHECK_FALSE(has_non_ascii("plain\x7f"));
  CHECK(has_non_ascii("plain\x80"));
  CHECK(has_non_ascii("\xff"));
  CHECK_FALSE(has_non_ascii(""));
}

TEST_CASE("UTF-8 is told by the form of its sequences") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\x8c"));
  CHECK_FALSE(is_utf8("\xc3"));
  CHECK_FALSE(is_utf8("\xe2\x82"));
  CHECK_FALSE(is_utf8("\x80"));
  CHECK_FALSE(is_utf8("\xc0\xaf"));
  CHECK_FALSE(is_utf8("\xff"));
}
