// What a server may send as replies: the same whatever pieces it comes in, bounded, and clean inside.
#include "netproc/smtp_reply.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::vector<Reply> replies;
  std::string fault;  // of the one that ended it
  bool operator==(const Outcome& other) const {
    return fault == other.fault &&
           std::equal(replies.begin(), replies.end(), other.replies.begin(), other.replies.end(),
                      [](const Reply& a, const Reply& b) { return a.code == b.code && a.text == b.text; });
  }
};

void check(const Reply& reply) {
  require(reply.code >= 200 && reply.code <= 599);
  require(reply.text.find_first_of(std::string_view("\r\0", 2)) == std::string::npos);
  require(reply.text.size() <= max_reply_kept + max_reply_lines * 5);
  const auto line_ends = std::count(reply.text.begin(), reply.text.end(), '\n');
  require(static_cast<std::size_t>(line_ends) < max_reply_lines);
}

// BYTES in pieces of PIECE_SIZE.
Outcome parse(std::string_view bytes, std::size_t piece_size) {
  Outcome outcome;
  ReplyParser parser;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, piece_size);
    const std::size_t offered = piece.size();
    const auto state = parser.feed(piece);
    bytes.remove_prefix(offered - piece.size());
    if (state == ReplyParser::State::malformed) {
      outcome.fault = parser.fault();
      return outcome;
    }
    if (state == ReplyParser::State::incomplete) {
      require(piece.empty());
      continue;
    }
    outcome.replies.push_back(parser.take());
    check(outcome.replies.back());
    require(!parser.has_begun());
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parse(bytes, bytes.size());
  require(parse(bytes, 1) == whole);
  require(parse(bytes, 1 + data[0]) == whole);
  return 0;
}
