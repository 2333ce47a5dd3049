// What --serverinfo prints: order and words are an interface.
#include "parent/server_report.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

Account account_of(std::string host) {
  Account account;
  account.host = std::move(host);
  account.port = 587;
  return account;
}

ServerFacts facts_of(std::string_view greeting) {
  ServerFacts facts;
  facts.capabilities.greeting = Text<1024>::cut(greeting);
  return facts;
}

std::string first_line(const Account& account, const ServerFacts& facts) {
  const std::string text = describe_server(account, facts);
  return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("the first line names as much of the peer as is known") {
  Account account = account_of("mail.example");
  ServerFacts facts;
  CHECK(first_line(account, facts) == "SMTP server at mail.example, port 587:");
  facts.peer_address = "192.0.2.1";
  CHECK(first_line(account, facts) == "SMTP server at mail.example ([192.0.2.1]), port 587:");
  facts.peer_name = "mx1.example";
  CHECK(first_line(account, facts) == "SMTP server at mail.example (mx1.example [192.0.2.1]), port 587:");
  facts.peer_address.clear();
  CHECK(first_line(account, facts) == "SMTP server at mail.example (mx1.example), port 587:");
}

TEST_CASE("a socket stands for the host, and needs no port") {
  Account account = account_of("mail.example");
  account.protocol = Protocol::lmtp;
  account.socket = "/run/lmtp";
  CHECK(first_line(account, {}) == "LMTP server at /run/lmtp, port 587:");
  account.port = 0;
  CHECK(first_line(account, {}) == "LMTP server at /run/lmtp:");
}

TEST_CASE("a server without capabilities, with and without a greeting") {
  const Account account = account_of("h");
  CHECK(describe_server(account, facts_of("mail.example ESMTP ready")) ==
        "SMTP server at h, port 587:\n    mail.example ESMTP ready\nNo special capabilities.\n");
  CHECK(describe_server(account, facts_of("")) == "SMTP server at h, port 587:\nNo special capabilities.\n");
}

TEST_CASE("every capability in its order") {
  ServerFacts facts = facts_of("hi");
  Capabilities& offer = facts.capabilities;
  offer.extended = offer.starttls = offer.pipelining = offer.eight_bit_mime = offer.smtputf8 = offer.chunking = true;
  offer.dsn = offer.etrn = offer.enhanced_status_codes = offer.size = offer.auth = true;
  offer.size_limit = 52428800;
  for (const auto mechanism : {Mechanism::login, Mechanism::plain, Mechanism::scram_sha_256, Mechanism::gssapi}) {
    offer.mechanisms.add(mechanism);
  }
  CHECK(describe_server(account_of("h"), facts) ==
        "SMTP server at h, port 587:\n"
        "    hi\n"
        "Capabilities:\n"
        "    SIZE 52428800:\n"
        "        Maximum message size is 52428800 bytes = 50.00 MiB\n"
        "    PIPELINING:\n"
        "        Support for command grouping for faster transmission\n"
        "    SMTPUTF8:\n"
        "        Support for Internationalized Email\n"
        "    ETRN:\n"
        "        Support for RMQS (Remote Message Queue Starting)\n"
        "    DSN:\n"
        "        Support for Delivery Status Notifications\n"
        "    STARTTLS:\n"
        "        Support for TLS encryption via the STARTTLS command\n"
        "    AUTH:\n"
        "        Supported authentication methods:\n"
        "        SCRAM-SHA-256 PLAIN GSSAPI LOGIN \n"
        "This server might advertise more or other capabilities when TLS is active.\n");
}

TEST_CASE("STARTTLS that was used is a capability although it is not offered again") {
  Account account = account_of("h");
  account.tls = true;
  ServerFacts facts;
  facts.secured = Secured{};
  facts.secured->subject = Text<4096>::cut("CN=x");
  const std::string text = describe_server(account, facts);
  CHECK(text.find("Capabilities:\n    STARTTLS:\n") != std::string::npos);
  CHECK(text.find("TLS session parameters:\n") < text.find("Capabilities:\n"));
  CHECK(text.find("might advertise") == std::string::npos);
  account.tls_starttls = false;
  CHECK(describe_server(account, facts).ends_with("No special capabilities.\n"));
}

TEST_CASE("sizes are told in the unit that suits them") {
  CHECK(size_limit_text(0) == "unlimited");
  CHECK(size_limit_text(1024) == "1024 bytes");
  CHECK(size_limit_text(1025) == "1025 bytes = 1.00 KiB");
  CHECK(size_limit_text(1536) == "1536 bytes = 1.50 KiB");
  CHECK(size_limit_text(1048576) == "1048576 bytes = 1024.00 KiB");
  CHECK(size_limit_text(1048577) == "1048577 bytes = 1.00 MiB");
  CHECK(size_limit_text(18446744073709551615U) == "18446744073709551615 bytes = 17592186044416.00 MiB");
}

TEST_CASE("what a server says cannot reach the terminal") {
  ServerFacts facts = facts_of("\x1b[31mred\x07");
  facts.peer_name = "a\x1b";
  CHECK(describe_server(account_of("h"), facts).find('\x1b') == std::string::npos);
}
