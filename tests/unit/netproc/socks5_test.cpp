// SOCKS 5: what is asked, what a proxy may answer, and that it does not matter in which pieces it comes.
#include "netproc/socks5.hpp"

#include "common/address.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <string>
#include <vector>

using namespace msmtp;
using namespace std::string_literals;

namespace {

ProxiedServer named(std::string_view name, std::uint16_t port = 587) {
  ProxiedServer server;
  server.name = Line<255>::from(name).value();
  server.port = port;
  server.isolation = Line<255>::from("me").value();
  return server;
}

ProxiedServer numeric(std::string_view address) {
  ProxiedServer server = named("");
  server.numeric = true;
  server.address = parse_numeric_address(address).value();
  return server;
}

const std::string no_login = "\x05\x00"s;
const std::string login_wanted = "\x05\x02"s;
const std::string login_accepted = "\x01\x00"s;
const std::string connected = "\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34"s;

struct Outcome {
  std::string sent;
  std::string rest;   // of the bytes, unread
  std::string error;  // empty: connected, or waiting
  ExitCode code = ExitCode::ok;
  bool connected = false;
};

// Leads the exchange with a proxy that says BYTES, in pieces of at most PIECE bytes.
Outcome lead(const ProxiedServer& server, std::string_view bytes, std::size_t piece = SIZE_MAX) {
  SocksExchange exchange(server);
  Outcome outcome;
  outcome.sent = exchange.take_output();
  while (exchange.wanted() != 0 && !bytes.empty()) {
    REQUIRE(exchange.wanted() <= SocksExchange::most_wanted);
    const std::string_view next = bytes.substr(0, std::min(piece, exchange.wanted()));
    bytes.remove_prefix(next.size());
    if (const auto fed = exchange.feed(next); !fed) {
      outcome.error = fed.error().text;
      outcome.code = fed.error().code;
      break;
    }
    outcome.sent += exchange.take_output();
  }
  outcome.rest = bytes;
  outcome.connected = outcome.error.empty() && exchange.wanted() == 0;
  return outcome;
}

// What a proxy is told that is refused with CODE.
std::string refusal(char code, const ProxiedServer& server = named("mail.example")) {
  const Outcome outcome = lead(server, no_login + "\x05"s + code + "\x00\x01\x00\x00\x00\x00\x00\x00"s);
  CHECK(outcome.code == ExitCode::unavailable);
  return outcome.error;
}

// A proxy that answers each write with the next of its replies; "" is the end of the connection.
class FakeProxy : public Stream {
 public:
  explicit FakeProxy(std::deque<std::string> replies) : replies_(std::move(replies)) {}

  std::vector<std::string> writes;
  std::string input;

  Result<std::size_t> read(std::span<char> room, const Deadline& deadline) override {
    if (deadline.has_passed()) return fail(ExitCode::io_error, "network read error: the operation timed out");
    const std::size_t size = std::min(room.size(), input.size());
    std::copy_n(input.begin(), size, room.begin());
    input.erase(0, size);
    return size;
  }
  Result<void> write(std::string_view bytes, const Deadline&) override {
    writes.emplace_back(bytes);
    if (replies_.empty()) return fail(ExitCode::io_error, "network write error: Broken pipe");
    input += replies_.front();
    replies_.pop_front();
    return {};
  }
  void close() override {}
  bool has_input() override { return !input.empty(); }

 private:
  std::deque<std::string> replies_;
};

Deadline soon() {
  return Deadline::in(std::chrono::seconds(5));
}

}  // namespace

TEST_CASE("a host name goes to the proxy as a name") {
  const Outcome outcome = lead(named("mail.example.test"), no_login + connected);
  CHECK(outcome.connected);
  CHECK(outcome.sent == "\x05\x02\x00\x02"s + "\x05\x01\x00\x03\x11mail.example.test\x02\x4b"s);
}

TEST_CASE("a name may have 255 bytes") {
  const std::string name(255, 'x');
  const Outcome outcome = lead(named(name, 65535), no_login + connected);
  CHECK(outcome.connected);
  CHECK(outcome.sent.substr(4) == "\x05\x01\x00\x03\xff"s + name + "\xff\xff");
}

TEST_CASE("addresses go to the proxy as addresses") {
  CHECK(lead(numeric("192.0.2.1"), no_login + connected).sent.substr(4) == "\x05\x01\x00\x01\xc0\x00\x02\x01\x02\x4b"s);
  CHECK(lead(numeric("2001:db8::1"), no_login + connected).sent.substr(4) ==
        "\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x02\x4b"s);
}

TEST_CASE("nothing is said before the proxy has answered") {
  SocksExchange exchange(named("mail.example"));
  CHECK(exchange.take_output() == "\x05\x02\x00\x02"s);
  CHECK(exchange.take_output().empty());
  REQUIRE(exchange.feed("\x05"));
  CHECK(exchange.take_output().empty());
  CHECK(exchange.wanted() == 1);
}

TEST_CASE("the isolation name is told to a proxy that wants a login, and to no other") {
  const Outcome outcome = lead(named("mail.example"), login_wanted + login_accepted + connected);
  CHECK(outcome.connected);
  CHECK(outcome.sent == "\x05\x02\x00\x02"s + "\x01\x02me\x05msmtp"s + "\x05\x01\x00\x03\x0cmail.example\x02\x4b"s);
  CHECK(lead(named("mail.example"), no_login + connected).sent.find("me\x05msmtp") == std::string::npos);
}

TEST_CASE("without an isolation name no login is offered or given") {
  ProxiedServer server = named("mail.example");
  server.isolation = {};
  CHECK(lead(server, no_login + connected).sent.starts_with("\x05\x01\x00\x05\x01"s));
  const Outcome outcome = lead(server, login_wanted);
  CHECK(outcome.error == "proxy failure: the proxy chose an authentication that was not offered");
  CHECK(outcome.sent == "\x05\x01\x00"s);
}

TEST_CASE("a bound address of each type is read to its end and not further") {
  const std::string name(255, 'n');
  for (const std::string& address :
       {"\x01\x7f\0\0\x01"s, "\x04"s + std::string(16, '\0'), "\x03\x05proxy"s, "\x03\x00"s, "\x03\xff"s + name}) {
    const std::string bytes = no_login + "\x05\x00\x00"s + address + "\x12\x34" + "220 ready\r\n";
    for (const std::size_t piece : {SIZE_MAX, std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
      const Outcome outcome = lead(named("mail.example"), bytes, piece);
      CHECK(outcome.connected);
      CHECK(outcome.rest == "220 ready\r\n");
    }
  }
}

TEST_CASE("an exchange that stops anywhere is not a connection") {
  const std::string bytes = login_wanted + login_accepted + connected;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Outcome outcome = lead(named("mail.example"), bytes.substr(0, size));
    CHECK_FALSE(outcome.connected);
    CHECK(outcome.error.empty());
  }
}

TEST_CASE("what is not SOCKS version 5 is no reply") {
  for (const std::string& bytes : {"\x04\x00"s, "\x00\x5a"s, "220 mail"s, "HTTP/1.1 400"s, no_login + "\x04\x00"s}) {
    const Outcome outcome = lead(named("mail.example"), bytes);
    CHECK(outcome.error == "proxy failure: the reply is not one of SOCKS version 5");
    CHECK(outcome.code == ExitCode::unavailable);
  }
  CHECK(lead(named("mail.example"), login_wanted + "\x05\x00"s).error ==
        "proxy failure: the reply to the login is not one of RFC 1929");
}

TEST_CASE("a proxy cannot choose a method that was not offered") {
  for (const char method : {'\x01', '\x03', '\x80', '\xfe'}) {
    const Outcome outcome = lead(named("mail.example"), "\x05"s + method);
    CHECK(outcome.error == "proxy failure: the proxy chose an authentication that was not offered");
    CHECK(outcome.sent == "\x05\x02\x00\x02"s);
  }
}

TEST_CASE("a proxy that accepts none of our methods, or not our login, is explained") {
  CHECK(lead(named("mail.example"), "\x05\xff").error ==
        "proxy failure: the proxy wants an authentication that we do not have");
  const Outcome outcome = lead(named("mail.example"), login_wanted + "\x01\x01"s);
  CHECK(outcome.error == "proxy failure: the proxy wants a user name and a password of its own");
  CHECK(outcome.code == ExitCode::unavailable);
}

TEST_CASE("each reply code is explained in words of its own") {
  std::vector<std::string> texts;
  for (const int code : {1, 2, 3, 4, 5, 6, 7, 8, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7}) {
    texts.push_back(refusal(static_cast<char>(code)));
    CHECK(texts.back().starts_with("proxy failure: cannot connect to mail.example, port 587: "));
    CHECK(texts.back().find("unknown") == std::string::npos);
  }
  std::sort(texts.begin(), texts.end());
  CHECK(std::adjacent_find(texts.begin(), texts.end()) == texts.end());
  CHECK(refusal(5) == "proxy failure: cannot connect to mail.example, port 587: the server refuses the connection");
  CHECK(refusal('\x9a') == "proxy failure: cannot connect to mail.example, port 587: the reply code 0x9a is unknown");
  CHECK(refusal(3, numeric("2001:db8::1")) ==
        "proxy failure: cannot connect to 2001:db8::1, port 587: the network is unreachable from the proxy");
}

TEST_CASE("a refusal needs no bound address") {
  CHECK(lead(named("mail.example"), no_login + "\x05\x02").code == ExitCode::unavailable);
}

TEST_CASE("a bound address of an unknown type is a failure") {
  for (const char type : {'\0', '\x02', '\x05', '\xff'}) {
    CHECK(lead(named("mail.example"), no_login + "\x05\0\0"s + type).error ==
          "proxy failure: the reply has an address of an unknown type");
  }
}

TEST_CASE("the exchange on a stream leaves what the server says behind it") {
  FakeProxy proxy({login_wanted, login_accepted, connected + "220 ready\r\n"});
  REQUIRE(ask_proxy(proxy, named("mail.example"), soon()));
  CHECK(proxy.writes.size() == 3);
  CHECK(proxy.input == "220 ready\r\n");
}

TEST_CASE("a proxy that closes the connection or stays silent is an input error") {
  for (const std::string& last : {""s, "\x05"s, "\x05\0\0\x01"s}) {
    FakeProxy proxy({no_login, last});
    const auto asked = ask_proxy(proxy, named("mail.example"), soon());
    REQUIRE_FALSE(asked);
    CHECK(asked.error().code == ExitCode::io_error);
    CHECK(asked.error().text == "no valid reply of the proxy: the proxy closed the connection");
  }
  FakeProxy proxy({no_login});
  const auto asked = ask_proxy(proxy, named("mail.example"), Deadline::in(std::chrono::milliseconds(0)));
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ExitCode::io_error);
  CHECK(asked.error().text == "no valid reply of the proxy: network read error: the operation timed out");
}

TEST_CASE("a proxy that cannot be written to is an output error") {
  FakeProxy proxy({});
  const auto asked = ask_proxy(proxy, named("mail.example"), soon());
  REQUIRE_FALSE(asked);
  CHECK(asked.error().code == ExitCode::io_error);
  CHECK(asked.error().text == "network write error: Broken pipe");
}
