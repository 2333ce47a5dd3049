// What may be signed.
#include "authproc/signer_input.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace msmtp;

namespace {

const std::string sha256_info("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19);

std::string tls13_content(std::size_t hash_size) {
  return std::string(64, ' ') + std::string("TLS 1.3, client CertificateVerify\0", 34) + std::string(hash_size, 'h');
}

// A ClientHello with a body of 40 bytes and the header of a ServerHello.
std::string tls12_handshake() {
  return std::string("\x01\x00\x00\x28\x03\x03", 6) + std::string(38, 'r') + std::string("\x02\x00\x00\x00", 4);
}

}  // namespace

TEST_CASE("a DigestInfo is one as a whole") {
  CHECK(is_pkcs1_digest(sha256_info + std::string(32, 'd')));
  CHECK(is_pkcs1_digest(std::string(36, 'd')));
  CHECK_FALSE(is_pkcs1_digest(""));
  CHECK_FALSE(is_pkcs1_digest(std::string(32, 'd')));
  CHECK_FALSE(is_pkcs1_digest(sha256_info + std::string(31, 'd')));
  CHECK_FALSE(is_pkcs1_digest(sha256_info + std::string(33, 'd')));
  CHECK_FALSE(is_pkcs1_digest("x" + sha256_info.substr(1) + std::string(32, 'd')));
}

TEST_CASE("ECDSA signs digests of the usual lengths") {
  for (const std::size_t size : {20U, 28U, 32U, 48U, 64U}) CHECK(is_ecdsa_digest(std::string(size, 'd')));
  for (const std::size_t size : {0U, 1U, 16U, 31U, 33U, 65U, 128U})
    CHECK_FALSE(is_ecdsa_digest(std::string(size, 'd')));
}

TEST_CASE("EdDSA signs what TLS says a client signs, and not what a server does") {
  CHECK(is_handshake_content(tls13_content(32)));
  CHECK(is_handshake_content(tls13_content(48)));
  CHECK_FALSE(is_handshake_content(tls13_content(31)));
  CHECK_FALSE(is_handshake_content(tls13_content(0)));
  std::string server = tls13_content(32);
  server.replace(server.find("client"), 6, "server");
  CHECK_FALSE(is_handshake_content(server));
  CHECK_FALSE(is_handshake_content("x" + tls13_content(32).substr(1)));
  CHECK(is_handshake_content(tls12_handshake()));
  CHECK_FALSE(is_handshake_content(tls12_handshake().substr(0, 47)));
  CHECK_FALSE(is_handshake_content("\x02" + tls12_handshake().substr(1)));
  CHECK_FALSE(is_handshake_content(""));
}

TEST_CASE("a key signs in its own schemes only") {
  const std::string digest(32, 'd');
  CHECK(is_handshake_input(KeyKind::ec, SignatureScheme::ecdsa, digest, 0));
  CHECK_FALSE(is_handshake_input(KeyKind::rsa, SignatureScheme::ecdsa, digest, 256));
  CHECK_FALSE(is_handshake_input(KeyKind::edwards, SignatureScheme::ecdsa, digest, 0));
  CHECK(is_handshake_input(KeyKind::rsa, SignatureScheme::rsa_pkcs1, sha256_info + digest, 256));
  CHECK_FALSE(is_handshake_input(KeyKind::ec, SignatureScheme::rsa_pkcs1, sha256_info + digest, 0));
  CHECK(is_handshake_input(KeyKind::rsa, SignatureScheme::rsa_pss, std::string(256, 'b'), 256));
  CHECK_FALSE(is_handshake_input(KeyKind::rsa, SignatureScheme::rsa_pss, std::string(255, 'b'), 256));
  CHECK_FALSE(is_handshake_input(KeyKind::ec, SignatureScheme::rsa_pss, "", 0));
  CHECK(is_handshake_input(KeyKind::edwards, SignatureScheme::eddsa, tls13_content(32), 0));
  CHECK_FALSE(is_handshake_input(KeyKind::ec, SignatureScheme::eddsa, tls13_content(32), 0));
}
