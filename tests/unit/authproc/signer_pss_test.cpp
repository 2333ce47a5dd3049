// RSASSA-PSS blocks, made by hand as RFC 8017, 9.1.1 says.
#include "authproc/signer_pss.hpp"

#include <catch2/catch.hpp>
#include <openssl/evp.h>
#include <string>

using namespace msmtp;

namespace {

std::string digest_of(const EVP_MD* kind, const std::string& text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), bytes, &size, kind, nullptr);
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

std::string encode(unsigned modulus_bits, const EVP_MD* kind, std::size_t salt_size) {
  const unsigned bits = modulus_bits - 1;
  const std::size_t size = (bits + 7) / 8;
  const std::string salt(salt_size, 's');
  const std::string hash = digest_of(kind, std::string(8, '\0') + digest_of(kind, "a handshake") + salt);
  std::string db = std::string(size - hash.size() - salt.size() - 2, '\0') + '\x01' + salt;
  std::string mask;
  for (char counter = 0; mask.size() < db.size(); ++counter) {
    mask += digest_of(kind, hash + std::string(3, '\0') + counter);
  }
  for (std::size_t i = 0; i < db.size(); ++i) db[i] = static_cast<char>(db[i] ^ mask[i]);
  db[0] = static_cast<char>(static_cast<unsigned char>(db[0]) & (0xffU >> (8 * size - bits)));
  const std::string block = db + hash + '\xbc';
  return std::string((modulus_bits + 7) / 8 - size, '\0') + block;
}

}  // namespace

TEST_CASE("blocks as TLS makes them, for moduli of all lengths") {
  for (const unsigned bits : {1536U, 2040U, 2041U, 2042U, 2047U, 2048U, 2049U, 3072U, 4096U}) {
    CAPTURE(bits);
    CHECK(is_pss_block(encode(bits, EVP_sha256(), 32), bits));
    CHECK(is_pss_block(encode(bits, EVP_sha384(), 48), bits));
    CHECK(is_pss_block(encode(bits, EVP_sha512(), 64), bits));
  }
}

TEST_CASE("one changed bit anywhere outside the salt and its hash, and it is none") {
  const std::string good = encode(2048, EVP_sha256(), 32);
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i >= good.size() - 65 && i < good.size() - 33) continue;  // the salt
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    CAPTURE(i);
    CHECK_FALSE(is_pss_block(bad, 2048));
  }
}

TEST_CASE("other salts, digests, lengths, and blocks of other kinds are none") {
  CHECK_FALSE(is_pss_block(encode(2048, EVP_sha256(), 20), 2048));
  CHECK_FALSE(is_pss_block(encode(2048, EVP_sha256(), 0), 2048));
  CHECK_FALSE(is_pss_block(encode(2048, EVP_sha1(), 20), 2048));
  CHECK_FALSE(is_pss_block(encode(2048, EVP_sha256(), 32), 2056));
  CHECK_FALSE(is_pss_block("", 2048));
  CHECK_FALSE(is_pss_block("", 0));
  CHECK_FALSE(is_pss_block("x", 1));
  CHECK_FALSE(is_pss_block(std::string(256, '\0'), 2048));
  CHECK_FALSE(is_pss_block(std::string("\0\x01", 2) + std::string(202, '\xff') + std::string(52, 'd'), 2048));
  CHECK_FALSE(is_pss_block(std::string(40, '\xbc'), 320));
}
