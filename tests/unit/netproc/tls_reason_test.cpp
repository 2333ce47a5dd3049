// Errors of libtls.
#include "netproc/tls_reason.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("a certificate that does not pass is told from a handshake that fails") {
  for (const auto text :
       {"certificate verification failed: certificate has expired",
        "name `a.example' not present in server certificate", "no OCSP URLs in peer certificate",
        "OCSP verification failed: unable to find certificate", "no stapled OCSP response provided"}) {
    CAPTURE(text);
    CHECK(handshake_error(text).code == ExitCode::unavailable);
  }
  for (const auto text :
       {"handshake failed: error:0A00010B:SSL routines::wrong version number", "handshake failed: x", ""}) {
    CAPTURE(text);
    CHECK(handshake_error(text).code == ExitCode::protocol);
  }
}

TEST_CASE("messages say once what has failed and why") {
  CHECK(handshake_error("certificate verification failed: certificate has expired").text ==
        "TLS certificate verification failed: certificate has expired");
  CHECK(handshake_error("name `a.example' not present in server certificate").text ==
        "TLS certificate verification failed: name `a.example' not present in server certificate");
  CHECK(handshake_error("handshake failed: error:0A000102:SSL routines::unsupported protocol").text ==
        "TLS handshake failed: unsupported protocol");
}

TEST_CASE("the reason is found behind the numbers of the library") {
  CHECK(plain_reason("error:0A000102:SSL routines::unsupported protocol") == "unsupported protocol");
  CHECK(plain_reason("failed to load: error:1:a:b:c d") == "c d");
  CHECK(plain_reason("unexpected EOF") == "unexpected EOF");
  CHECK(plain_reason("error:0A000102:SSL routines::") == "error:0A000102:SSL routines::");
  CHECK(plain_reason("") == "");
}
