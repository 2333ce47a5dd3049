// RSASSA-PSS blocks.
#include "authproc/signer_pss.hpp"

#include <algorithm>
#include <openssl/evp.h>
#include <string>

namespace msmtp {

namespace {

// The first SIZE bytes of MGF1 (RFC 8017, B.2.1); fewer when the library fails.
std::string mask_of(std::string_view seed, std::size_t size, const EVP_MD* digest) {
  std::string mask;
  for (unsigned char counter = 0; mask.size() < size; ++counter) {
    const std::string block = std::string(seed) + std::string(3, '\0') + static_cast<char>(counter);
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned count = 0;
    if (EVP_Digest(block.data(), block.size(), bytes, &count, digest, nullptr) != 1) break;
    mask.append(reinterpret_cast<const char*>(bytes), count);
  }
  mask.resize(std::min(mask.size(), size));
  return mask;
}

// Steps 3 to 10 of RFC 8017, 9.1.2; the digest itself is not known here.
bool is_pss_block_of(std::string_view encoded, unsigned unused_bits, const EVP_MD* digest) {
  const auto hash_size = static_cast<std::size_t>(EVP_MD_size(digest));
  if (encoded.size() < 2 * hash_size + 2 || encoded.back() != '\xbc') return false;
  const std::size_t db_size = encoded.size() - hash_size - 1;
  const std::string_view hash = encoded.substr(db_size, hash_size);
  std::string db = mask_of(hash, db_size, digest);
  if (db.size() != db_size) return false;
  for (std::size_t i = 0; i < db_size; ++i) db[i] = static_cast<char>(db[i] ^ encoded[i]);
  const unsigned used_bits = 0xffU >> unused_bits;
  if ((static_cast<unsigned char>(encoded[0]) & ~used_bits) != 0) return false;
  db[0] = static_cast<char>(static_cast<unsigned char>(db[0]) & used_bits);
  const std::size_t padding = db_size - hash_size - 1;
  return std::all_of(db.begin(), db.begin() + static_cast<std::ptrdiff_t>(padding), [](char c) { return c == 0; }) &&
         db[padding] == 1;
}

}  // namespace

bool is_pss_block(std::string_view block, unsigned modulus_bits) {
  if (modulus_bits < 2 || block.size() != (modulus_bits + 7) / 8) return false;
  // The encoded message has one bit less than the modulus, and so perhaps one byte.
  const unsigned bits = modulus_bits - 1;
  if (bits % 8 == 0) {
    if (block.front() != '\0') return false;
    block.remove_prefix(1);
  }
  const auto unused_bits = static_cast<unsigned>(8 * block.size() - bits);
  return is_pss_block_of(block, unused_bits, EVP_sha256()) || is_pss_block_of(block, unused_bits, EVP_sha384()) ||
         is_pss_block_of(block, unused_bits, EVP_sha512());
}

}  // namespace msmtp
