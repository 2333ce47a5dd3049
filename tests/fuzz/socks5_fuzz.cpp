// What a proxy may say: the same whatever pieces it comes in, never read beyond, and a connection only after a success.
#include "netproc/socks5.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  std::string sent;
  std::string error;
  std::size_t taken = 0;
  bool connected = false;
  bool operator==(const Outcome&) const = default;
};

Outcome lead(std::string_view bytes, std::size_t piece, bool isolated) {
  ProxiedServer server;
  server.name = *Line<255>::from("mail.example");
  server.port = 25;
  if (isolated) server.isolation = *Line<255>::from("me");
  SocksExchange exchange(server);
  Outcome outcome;
  outcome.sent = exchange.take_output();
  while (exchange.wanted() != 0 && outcome.taken < bytes.size()) {
    require(exchange.wanted() <= SocksExchange::most_wanted);
    const auto next = bytes.substr(outcome.taken, std::min(piece, exchange.wanted()));
    outcome.taken += next.size();
    if (const auto fed = exchange.feed(next); !fed) {
      require(fed.error().code == ExitCode::unavailable && fed.error().text.starts_with("proxy failure: "));
      outcome.error = fed.error().text;
      return outcome;
    }
    outcome.sent += exchange.take_output();
  }
  outcome.connected = exchange.wanted() == 0;
  return outcome;
}

// Only after two bytes of method and a reply with the code 0 there is a connection, and only then the request was sent.
void check(const Outcome& outcome, std::string_view bytes, bool isolated) {
  require(outcome.sent.size() <= 300 && outcome.taken <= 2 + 2 + 5 + SocksExchange::most_wanted);
  if (!outcome.connected) return;
  const bool logged_in = bytes[1] == 2;
  require(bytes[0] == 5 && (bytes[1] == 0 || (isolated && logged_in)));
  const auto reply = bytes.substr(logged_in ? 4 : 2);
  require(reply[0] == 5 && reply[1] == 0);
  require(outcome.sent.ends_with(std::string_view("\x05\x01\x00\x03\x0cmail.example\x00\x19", 19)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool isolated = (data[0] & 1) != 0;
  const Outcome whole = lead(bytes, SIZE_MAX, isolated);
  check(whole, bytes, isolated);
  require(lead(bytes, 1, isolated) == whole);
  require(lead(bytes, 1 + data[0] / 2, isolated) == whole);
  return 0;
}
