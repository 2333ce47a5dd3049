// The dialogue that is shown: whole lines, whatever pieces they come in.
#include <catch2/catch.hpp>

#include "netproc/dialogue_trace.hpp"

#include <vector>

namespace msmtp {
namespace {

struct Lines {
  std::vector<std::string> lines;
  DialogueTrace trace{[this](LogKind kind, std::string_view line) {
    lines.push_back(std::string(1, static_cast<char>(kind)) + std::string(line));
  }};
};

TEST_CASE("the lines of a reply are shown one by one") {
  Lines shown;
  shown.trace.received("250-a\n250 b");
  CHECK(shown.lines == std::vector<std::string>{"<250-a", "<250 b"});
}

TEST_CASE("a line that comes in pieces is shown once it is whole") {
  Lines shown;
  shown.trace.sent_piece("a");
  shown.trace.sent_piece("b\r");
  CHECK(shown.lines.empty());
  shown.trace.sent_piece("\n\r\nc\r\nd");
  CHECK(shown.lines == std::vector<std::string>{">ab", ">", ">c"});
}

TEST_CASE("a line that does not end is shown in parts and does not gather in memory") {
  Lines shown;
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 70; ++i) shown.trace.sent_piece(piece);
  shown.trace.sent_piece("\r\n");
  std::size_t total = 0;
  for (const std::string& line : shown.lines) total += line.size() - 1;
  CHECK(shown.lines.size() == 11);
  CHECK(total == 700'000);
}

TEST_CASE("nothing is shown when nobody wants to see it") {
  DialogueTrace trace = DialogueTrace::off();
  trace.received("250 a");
  trace.sent("QUIT");
  trace.sent_piece("x\r\n");
  SUCCEED();
}

}  // namespace
}  // namespace msmtp
