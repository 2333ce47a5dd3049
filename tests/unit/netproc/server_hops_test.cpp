// Received fields in the header section of a mail, however it is cut.
#include <catch2/catch.hpp>

#include "netproc/server_hops.hpp"

#include <string>
#include <string_view>

namespace msmtp {
namespace {

std::size_t hops_in(std::string_view mail, std::size_t piece = 1'000'000) {
  HopCounter counter;
  while (!mail.empty()) {
    counter.add(mail.substr(0, piece));
    mail.remove_prefix(std::min(piece, mail.size()));
  }
  return counter.hops();
}

TEST_CASE("Received fields count, in letters of any case, and with blanks before the colon") {
  CHECK(hops_in("") == 0);
  CHECK(hops_in("Received: from a\r\n\tby b\r\nreceived:\r\nRECEIVED : x\nReceived \t: y\nSubject: s\n\nbody\n") == 4);
}

TEST_CASE("nothing else counts") {
  CHECK(hops_in("Receivedx: a\nReceive: b\nX-Received: c\n Received: d\n\tReceived: e\nReceived\nReceived x: f\n") ==
        0);
  CHECK(hops_in("Subject: x\nReceived-SPF: pass\n:\nrReceived: a\n\rReceived: a\n") == 0);
}

TEST_CASE("the first empty line ends the header section") {
  CHECK(hops_in("Received: a\n\nReceived: b\n") == 1);
  CHECK(hops_in("Received: a\r\n\r\nReceived: b\r\n") == 1);
  CHECK(hops_in("\nReceived: b\n") == 0);
  CHECK(hops_in("\r\nReceived: b\r\n") == 0);
  CHECK(hops_in("Received: a\n \nReceived: b\n") == 2);
  CHECK(hops_in("Received: a\n\r\r\nReceived: b\n") == 2);
}

TEST_CASE("it does not matter where the mail is cut") {
  const std::string mail = "Received: a\r\nRecei: x\r\nReceived:\r\n y\r\nreceived : z\r\n\r\nReceived: body\r\n";
  for (std::size_t piece = 1; piece < mail.size(); ++piece) CHECK(hops_in(mail, piece) == 3);
}

}  // namespace
}  // namespace msmtp
