// Files of certificates and keys as text.
#include "netproc/tls_pem.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

namespace {

std::string block(const std::string& label, const std::string& content) {
  return "-----BEGIN " + label + "-----\n" + content + "\n-----END " + label + "-----\n";
}

}  // namespace

TEST_CASE("only the blocks asked for are taken, in their order") {
  const std::string first = block("CERTIFICATE", "AAAA\nBBBB");
  const std::string second = block("TRUSTED CERTIFICATE", "CCCC");
  const std::string file = "a comment\n" + first + block("PRIVATE KEY", "secret") + second + "the end";
  CHECK(pem_blocks(file, "CERTIFICATE") == first + second);
  CHECK(pem_blocks(file, "X509 CRL").empty());
  CHECK(pem_blocks(block("X509 CRL", "D"), "X509 CRL") == block("X509 CRL", "D"));
}

TEST_CASE("lines may end with CRLF and the last without any") {
  CHECK(pem_blocks("-----BEGIN CERTIFICATE-----\r\nA\r\n-----END CERTIFICATE-----", "CERTIFICATE") ==
        "-----BEGIN CERTIFICATE-----\r\nA\r\n-----END CERTIFICATE-----\n");
}

TEST_CASE("blocks that are not ended, or ended by another label, are left out") {
  const std::string good = block("CERTIFICATE", "A");
  CHECK(pem_blocks("-----BEGIN CERTIFICATE-----\nA\n", "CERTIFICATE").empty());
  CHECK(pem_blocks("-----BEGIN CERTIFICATE-----\nB\n-----END X-----\n", "CERTIFICATE").empty());
  CHECK(pem_blocks("-----BEGIN CERTIFICATE-----\nB\n" + good, "CERTIFICATE") == good);
  CHECK(pem_blocks("-----END CERTIFICATE-----\n", "CERTIFICATE").empty());
  CHECK(pem_blocks("-----BEGIN -----\n-----END -----\n", "").empty());
  CHECK(pem_blocks("-----BEGIN ----\n-----BEGIN-----\n", "CERTIFICATE").empty());
  CHECK(pem_blocks("", "CERTIFICATE").empty());
}
