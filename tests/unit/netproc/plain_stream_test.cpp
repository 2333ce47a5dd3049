// A connection without TLS.
#include "netproc/plain_stream.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <sys/socket.h>
#include <thread>

using namespace msmtp;
using namespace std::chrono_literals;

namespace {

struct Pair {
  PlainStream stream;
  Fd peer;
};

Pair make_pair() {
  int ends[2] = {-1, -1};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {PlainStream(Fd(ends[0])), Fd(ends[1])};
}

std::string read_some(PlainStream& stream, std::chrono::milliseconds span = 5s) {
  char room[100];
  const auto count = stream.read(room, Deadline::in(span));
  return count ? std::string(room, *count) : count.error().text;
}

}  // namespace

TEST_CASE("what the peer sends is read, and then the end of the stream") {
  auto pair = make_pair();
  CHECK_FALSE(pair.stream.has_input());
  REQUIRE(write_all(pair.peer, "220 hello\r\n"));
  CHECK(pair.stream.has_input());
  CHECK(read_some(pair.stream) == "220 hello\r\n");
  pair.peer.close();
  CHECK(pair.stream.has_input());
  CHECK(read_some(pair.stream) == "");
}

TEST_CASE("a silent peer is an error when the deadline passes, and not much later") {
  auto pair = make_pair();
  const auto start = Deadline::Clock::now();
  CHECK(read_some(pair.stream, 30ms) == "network read error: the operation timed out");
  const auto taken = Deadline::Clock::now() - start;
  CHECK(taken >= 30ms);
  CHECK(taken < 3s);
}

TEST_CASE("bytes at hand do not extend a deadline that has passed") {
  auto pair = make_pair();
  REQUIRE(write_all(pair.peer, "x"));
  CHECK(read_some(pair.stream, 0ms) == "network read error: the operation timed out");
  const auto written = pair.stream.write("x", Deadline::in(0ms));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ExitCode::io_error);
}

TEST_CASE("more bytes than the socket takes at once are all written") {
  auto pair = make_pair();
  const std::string sent(3'000'000, 'm');
  std::string received;
  std::thread reader([&] {
    char room[65536];
    ssize_t count = 0;
    while ((count = recv(pair.peer.number(), room, sizeof room, 0)) > 0)
      received.append(room, static_cast<std::size_t>(count));
  });
  const auto written = pair.stream.write(sent, Deadline::in(10s));
  pair.stream.close();
  reader.join();
  CHECK(written);
  CHECK(received == sent);
}

TEST_CASE("a peer that does not read is an error when the deadline passes") {
  auto pair = make_pair();
  const auto written = pair.stream.write(std::string(3'000'000, 'm'), Deadline::in(30ms));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ExitCode::io_error);
  CHECK(written.error().text == "network write error: the operation timed out");
}

TEST_CASE("writing to a peer that has gone is an error and no signal") {
  auto pair = make_pair();
  pair.peer.close();
  const auto written = pair.stream.write("QUIT\r\n", Deadline::in(5s));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ExitCode::io_error);
  CHECK(written.error().text == "network write error: Broken pipe");
}

TEST_CASE("a stream whose descriptor was given away is at its end") {
  auto pair = make_pair();
  const Fd taken = pair.stream.take_fd();
  CHECK(taken.is_open());
  CHECK(read_some(pair.stream) == "");
  CHECK_FALSE(pair.stream.has_input());
}
