// The reader of log pipes: records from bytes in whatever pieces, and bounds against whoever writes without end.
#include "common/child_log_reader.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace msmtp {
namespace {

std::vector<LogRecord> read_all(std::string_view bytes) {
  return ChildLogReader().feed(bytes);
}

TEST_CASE("each kind of record is recognised by its first byte") {
  const auto records = read_all("!a warning\n<250 ok\n>QUIT\n=a note\n");
  REQUIRE(records.size() == 4);
  CHECK(records[0].kind == LogKind::warning);
  CHECK(records[0].text == "a warning");
  CHECK(records[1].kind == LogKind::received);
  CHECK(records[1].text == "250 ok");
  CHECK(records[2].kind == LogKind::sent);
  CHECK(records[2].text == "QUIT");
  CHECK(records[3].kind == LogKind::note);
  CHECK(records[3].text == "a note");
}

TEST_CASE("a line without a kind is a warning, and loses nothing") {
  const auto records = read_all("*** stack smashing detected ***\n\n");
  REQUIRE(records.size() == 2);
  CHECK(records[0].kind == LogKind::warning);
  CHECK(records[0].text == "*** stack smashing detected ***");
  CHECK(records[1].text.empty());
}

TEST_CASE("records come when their line is complete, wherever the bytes are cut") {
  const std::string bytes = "!one\n<two\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    ChildLogReader reader;
    auto records = reader.feed(bytes.substr(0, cut));
    for (LogRecord& record : reader.feed(bytes.substr(cut))) records.push_back(std::move(record));
    REQUIRE(records.size() == 2);
    CHECK(records[0].text == "one");
    CHECK(records[1].kind == LogKind::received);
  }
  CHECK(read_all("!not complete").empty());
}

TEST_CASE("what a terminal would obey is made harmless") {
  const auto records = read_all(std::string("!a\x1b[2Jb\rc\0d\n", 12));
  REQUIRE(records.size() == 1);
  for (const char c : records[0].text) CHECK((c >= ' ' && c != 0x7f));
  CHECK(records[0].text.find("[2Jb") != std::string::npos);
}

TEST_CASE("a line without end comes in pieces, and is never kept whole") {
  const auto records = read_all("<" + std::string(10'000, 'x') + "\n");
  REQUIRE(records.size() == 3);
  std::size_t total = 0;
  for (const LogRecord& record : records) {
    CHECK(record.text.size() <= 4096);
    total += record.text.size();
  }
  CHECK(total == 10'000);
}

TEST_CASE("of too many warnings the last one says that there are more") {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += "!warning " + std::to_string(i) + "\n";
  ChildLogReader reader;
  auto records = reader.feed(bytes);
  REQUIRE(records.size() == 100);
  CHECK(records[98].text == "warning 98");
  CHECK(records[99].text == "too many warnings, the rest is left out");
  CHECK(reader.feed("!another\nwithout kind\n").empty());
  CHECK(reader.feed("<250 but the dialogue goes on\n").size() == 1);
}

}  // namespace
}  // namespace msmtp
