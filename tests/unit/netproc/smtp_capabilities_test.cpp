// Capabilities, as servers write them and as nobody should.
#include <catch2/catch.hpp>

#include "netproc/smtp_capabilities.hpp"

namespace msmtp {
namespace {

TEST_CASE("each capability is recognised, in any case of letters") {
  const Capabilities offer = parse_capabilities(
      "250-mail.test\n250-PIPELINING\n250-size 10240000\n250-ETRN\n250-StartTLS\n250-ENHANCEDSTATUSCODES\n"
      "250-8BITMIME\n250-DSN\n250-SMTPUTF8\n250 CHUNKING");
  CHECK(offer.extended);
  CHECK(offer.pipelining);
  CHECK(offer.size);
  CHECK(offer.size_limit == 10240000);
  CHECK(offer.etrn);
  CHECK(offer.starttls);
  CHECK(offer.enhanced_status_codes);
  CHECK(offer.eight_bit_mime);
  CHECK(offer.dsn);
  CHECK(offer.smtputf8);
  CHECK(offer.chunking);
  CHECK_FALSE(offer.auth);
}

TEST_CASE("the first line is a greeting and offers nothing") {
  CHECK(parse_capabilities("250 STARTTLS") == [] {
    Capabilities none;
    none.extended = true;
    return none;
  }());
}

TEST_CASE("a keyword is a whole word") {
  const Capabilities offer = parse_capabilities("250-x\n250-DSNX\n250-XDSN\n250 PIPELINING2");
  CHECK_FALSE(offer.dsn);
  CHECK_FALSE(offer.pipelining);
}

TEST_CASE("AUTH lines add up, in both forms, and unknown mechanisms do not matter") {
  const Capabilities offer =
      parse_capabilities("250-x\n250-AUTH PLAIN  X-SOMETHING login\n250-AUTH=CRAM-MD5 \xff\n250 auth");
  CHECK(offer.auth);
  MechanismSet expected;
  expected.add(Mechanism::plain);
  expected.add(Mechanism::login);
  expected.add(Mechanism::cram_md5);
  CHECK(offer.mechanisms == expected);
}

TEST_CASE("SIZE without a number names no limit, and with nonsense it is not offered") {
  CHECK(parse_capabilities("250-x\n250 SIZE").size);
  CHECK(parse_capabilities("250-x\n250 SIZE").size_limit == 0);
  CHECK(parse_capabilities("250-x\n250 SIZE 0").size_limit == 0);
  CHECK_FALSE(parse_capabilities("250-x\n250 SIZE lots").size);
  CHECK_FALSE(parse_capabilities("250-x\n250 SIZE -1").size);
  CHECK_FALSE(parse_capabilities("250-x\n250 SIZE 99999999999999999999999").size);
  CHECK(parse_capabilities("250-x\n250 SIZE 18446744073709551615").size_limit == UINT64_MAX);
}

TEST_CASE("of contradictory sizes the smallest holds") {
  CHECK(parse_capabilities("250-x\n250-SIZE 500\n250-SIZE 0\n250-SIZE 100\n250 SIZE 900").size_limit == 100);
}

TEST_CASE("lines without text are harmless") {
  CHECK(parse_capabilities("250-\n250\n250-\n250 DSN").dsn);
}

}  // namespace
}  // namespace msmtp
