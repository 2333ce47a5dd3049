// DATA: where it ends, which dots go, and that it does not matter in which pieces it comes.
#include <catch2/catch.hpp>

#include "netproc/server_data.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace msmtp {
namespace {

struct Decoded {
  std::string content;
  std::string rest;  // what came after the end
  bool ended = false;
  bool operator==(const Decoded&) const = default;
};

// INPUT in pieces that end at the positions CUTS, through a room of ROOM bytes.
Decoded decode(std::string_view input, LineEnds ends, std::initializer_list<std::size_t> cuts = {},
               std::size_t room = 64) {
  DataDecoder decoder(ends);
  Decoded result;
  std::size_t begin = 0;
  std::vector<std::size_t> stops(cuts);
  stops.push_back(input.size());
  for (const std::size_t stop : stops) {
    std::string_view piece = input.substr(begin, stop - begin);
    begin = stop;
    while (!piece.empty() && !decoder.ended()) {
      std::string out(room, '?');
      const auto step = decoder.decode(piece, out);
      REQUIRE(step.taken + step.written > 0);
      result.content += out.substr(0, step.written);
      piece.remove_prefix(step.taken);
    }
    result.rest += piece;
  }
  result.ended = decoder.ended();
  return result;
}

constexpr auto crlf = LineEnds::crlf;
constexpr auto lf = LineEnds::lf;

TEST_CASE("the lone dot between CRLFs ends the content") {
  CHECK(decode("a\r\n.\r\nQUIT\r\n", crlf) == Decoded{"a\r\n", "QUIT\r\n", true});
  CHECK(decode(".\r\nx", crlf) == Decoded{"", "x", true});
  CHECK(decode("a\r\n\r\n.\r\n", crlf) == Decoded{"a\r\n\r\n", "", true});
}

TEST_CASE("nothing else ends it") {
  for (const std::string_view content :
       {"a\n.\nb", "a\n.\r\nb", "a\r.\rb", "a\r.\r\nb", "a\r\n\x01.\r\n", "\n.\n", "a.\r\n", "a\r\n . \r\n"}) {
    INFO(content);
    CHECK(decode(content, crlf) == Decoded{std::string(content), "", false});
  }
  // After CRLF a dot goes, whatever comes behind it.
  CHECK(decode("\r\n.\nb\r\n", crlf) == Decoded{"\r\n\nb\r\n", "", false});
  CHECK(decode("\r\n.\rb\r\n", crlf) == Decoded{"\r\n\rb\r\n", "", false});
  CHECK(decode("\r\n.\r\r\n.\r\n", crlf) == Decoded{"\r\n\r\r\n", "", true});
}

TEST_CASE("one dot goes from the beginning of a line") {
  CHECK(decode("..\r\n...\r\n.a\r\nb.\r\n.\r\n", crlf) == Decoded{".\r\n..\r\na\r\nb.\r\n", "", true});
}

TEST_CASE("for a client that writes LF a line is what LF ends") {
  CHECK(decode("a\n..b\n.\nQUIT\n", lf) == Decoded{"a\n.b\n", "QUIT\n", true});
  CHECK(decode("a\r\n.\r\nb\n.\n", lf) == Decoded{"a\r\n\r\nb\n", "", true});
  CHECK(decode(".\n", lf) == Decoded{"", "", true});
}

TEST_CASE("every byte but those dots stays as it is") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(decode(all + "\r\n.\r\n", crlf) == Decoded{all + "\r\n", "", true});
}

TEST_CASE("pieces and room do not matter") {
  for (const std::string_view input : {"a\r\n..b\r\n.\r\nQUIT\r\n", ".\r\nx", "..\r\n.\r\r\n.\r.\r\n.\r\n",
                                       "\r\r\n.\r\n", "a\n.\n\r\n.x\r\n\r\n.\r\nz", "x\r\n.a\r\n..\n.\r\n"}) {
    for (const LineEnds ends : {crlf, lf}) {
      const Decoded whole = decode(input, ends);
      for (std::size_t first = 0; first <= input.size(); ++first) {
        for (std::size_t second = first; second <= input.size(); ++second) {
          for (const std::size_t room : {2U, 3U, 64U}) CHECK(decode(input, ends, {first, second}, room) == whole);
        }
      }
    }
  }
}

}  // namespace
}  // namespace msmtp
