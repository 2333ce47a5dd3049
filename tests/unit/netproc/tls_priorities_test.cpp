// The setting tls_priorities.
#include "netproc/tls_priorities.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("protocols, ciphers and curves are taken as they are") {
  const auto read = parse_tls_priorities("  PROTOCOLS=tlsv1.3,tlsv1.2 CIPHERS=HIGH:!aNULL  ECDHECURVES=X25519 ");
  CHECK(read.protocols == "tlsv1.3,tlsv1.2");
  CHECK(read.ciphers == "HIGH:!aNULL");
  CHECK(read.curves == "X25519");
  CHECK(read.unusable.empty());
}

TEST_CASE("what is not named is not set, and an empty value is not the same as none") {
  CHECK(parse_tls_priorities("") == TlsPriorities{});
  const auto read = parse_tls_priorities("CIPHERS=");
  CHECK(read.ciphers == "");
  CHECK_FALSE(read.protocols);
}

TEST_CASE("the last of two values wins") {
  CHECK(parse_tls_priorities("CIPHERS=a CIPHERS=b=c").ciphers == "b=c");
}

TEST_CASE("words of other libraries are kept apart, for a warning") {
  const auto read = parse_tls_priorities("NORMAL:-VERS-ALL:+VERS-TLS1.3 PROTOCOLS=secure ciphers=x\tPROTOCOLS=x");
  CHECK(read.protocols == "secure");
  CHECK(read.unusable == std::vector<std::string>{"NORMAL:-VERS-ALL:+VERS-TLS1.3", "ciphers=x\tPROTOCOLS=x"});
}
