// The content of DATA: decoded by a model that looks at whole lines, and by the decoder in pieces; both must agree, and
// what our own client stuffs must come out as it went in.
#include "common/dot_stuffing.hpp"
#include "netproc/server_data.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::string content;
  std::size_t taken = 0;
  bool ended = false;
  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view bytes, LineEnds ends, std::size_t piece_size, std::size_t room) {
  Outcome outcome;
  DataDecoder decoder(ends);
  std::string out(room, '\0');
  while (outcome.taken < bytes.size() && !decoder.ended()) {
    const std::string_view piece = bytes.substr(outcome.taken, piece_size);
    const auto step = decoder.decode(piece, out);
    require(step.taken > 0 && step.taken <= piece.size() && step.written <= room);
    outcome.content += out.substr(0, step.written);
    outcome.taken += step.taken;
  }
  outcome.ended = decoder.ended();
  return outcome;
}

// Line by line. A mail that has not ended may hold back what could still be its end.
Outcome model(std::string_view bytes, std::string_view line_end) {
  Outcome outcome;
  for (std::string_view rest = bytes; !rest.empty();) {
    const auto end = rest.find(line_end);
    const bool whole = end != std::string_view::npos;
    const std::string_view line = rest.substr(0, whole ? end + line_end.size() : rest.size());
    rest.remove_prefix(line.size());
    outcome.taken += line.size();
    if (whole && line == "." + std::string(line_end)) {
      outcome.ended = true;
      return outcome;
    }
    std::string_view kept = line;
    if (line.starts_with('.')) kept.remove_prefix(1);
    if (!whole && line == ".\r" && line_end == "\r\n") kept = {};
    outcome.content += kept;
  }
  return outcome;
}

void check_round_trip(std::string_view bytes) {
  std::string mail;  // with the line ends of the wire
  for (const char c : bytes) mail += c == '\n' ? "\r\n" : std::string(1, c == '\r' ? ' ' : c);
  mail += "\r\n";
  DotStuffer stuffer;
  std::string wire(2 * mail.size(), '\0');
  const auto stuffed = stuffer.stuff(mail, wire);
  require(stuffed.taken == mail.size());
  wire.resize(stuffed.written);
  wire += end_of_data;
  require(decode(wire + "QUIT\r\n", LineEnds::crlf, wire.size(), 4096) == Outcome{mail, wire.size(), true});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (const LineEnds ends : {LineEnds::crlf, LineEnds::lf}) {
    const Outcome whole = decode(bytes, ends, bytes.size() + 1, bytes.size() + 4);
    require(whole == model(bytes, ends == LineEnds::crlf ? "\r\n" : "\n"));
    require(decode(bytes, ends, 1, 2) == whole);
    require(decode(bytes, ends, 1 + data[0], 2 + data[0] / 3) == whole);
  }
  check_round_trip(bytes);
  return 0;
}
