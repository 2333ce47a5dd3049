// Digests as the standard writes them down.
#include "authproc/digest.hpp"

#include "common/secret.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace msmtp {

namespace {

constexpr std::size_t block_size = 64;

constexpr std::array<std::uint32_t, 8> start_of_sha1 = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
constexpr std::array<std::uint32_t, 8> start_of_sha256 = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// FIPS 180-4, 4.2.2: the first bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<std::uint32_t, 64> constants_of_sha256 = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t word_at(const std::uint8_t* bytes) {
  return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
         static_cast<std::uint32_t>(bytes[2]) << 8 | static_cast<std::uint32_t>(bytes[3]);
}

// The function and the constant of a round of SHA-1 (4.1.1, 4.2.1).
std::uint32_t mix_of_sha1(std::size_t round, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

// KEY as one block, changed by FILL (RFC 2104, 2).
std::array<char, block_size> padded_key(Digest digest, std::string_view key, std::uint8_t fill) {
  DigestValue shortened;
  if (key.size() > block_size) {
    shortened = digest_of(digest, key);
    key = shortened.view();
  }
  std::array<char, block_size> padded{};
  std::ranges::copy(key, padded.begin());
  for (char& byte : padded) byte = static_cast<char>(byte ^ fill);
  shortened.wipe();
  return padded;
}

Hash begun_with_key(Digest digest, std::string_view key, std::uint8_t fill) {
  std::array<char, block_size> padded = padded_key(digest, key, fill);
  Hash hash(digest);
  hash.add({padded.data(), padded.size()});
  wipe_memory(padded.data(), padded.size());
  return hash;
}

}  // namespace

void DigestValue::wipe() {
  wipe_memory(bytes.data(), bytes.size());
}

Hash::Hash(Digest digest) : digest_(digest), state_(digest == Digest::sha1 ? start_of_sha1 : start_of_sha256) {}

void Hash::add(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), block_size - waiting_size_);
    std::memcpy(waiting_.data() + waiting_size_, bytes.data(), count);
    waiting_size_ += count;
    bytes.remove_prefix(count);
    if (waiting_size_ < block_size) return;
    take_block(waiting_.data());
    waiting_size_ = 0;
  }
}

// The padding: one bit, zeros, and the number of bits in the last eight bytes of a block (5.1.1).
DigestValue Hash::finish() {
  const std::uint64_t bits = size_ * 8;
  add(std::string_view("\x80", 1));
  constexpr std::size_t place_of_size = block_size - 8;
  if (waiting_size_ > place_of_size) {
    std::fill(waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_size_), waiting_.end(), std::uint8_t{0});
    take_block(waiting_.data());
    waiting_size_ = 0;
  }
  std::fill(waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_size_), waiting_.end(), std::uint8_t{0});
  for (std::size_t i = 0; i < 8; ++i) waiting_[place_of_size + i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  take_block(waiting_.data());
  DigestValue value;
  value.size = size_of(digest_);
  for (std::size_t i = 0; i < value.size; ++i) {
    value.bytes[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  }
  return value;
}

void Hash::take_block(const std::uint8_t* block) {
  if (digest_ == Digest::sha1) {
    take_block_of_sha1(block);
  } else {
    take_block_of_sha256(block);
  }
}

// 6.1.2
void Hash::take_block_of_sha1(const std::uint8_t* block) {
  std::array<std::uint32_t, 80> words;
  for (std::size_t i = 0; i < 16; ++i) words[i] = word_at(block + 4 * i);
  for (std::size_t i = 16; i < 80; ++i) {
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  auto [a, b, c, d, e, unused1, unused2, unused3] = state_;
  for (std::size_t i = 0; i < 80; ++i) {
    const std::uint32_t next = std::rotl(a, 5) + mix_of_sha1(i, b, c, d) + e + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state_ = {state_[0] + a, state_[1] + b, state_[2] + c, state_[3] + d, state_[4] + e, unused1, unused2, unused3};
}

// 6.2.2
void Hash::take_block_of_sha256(const std::uint8_t* block) {
  std::array<std::uint32_t, 64> words;
  for (std::size_t i = 0; i < 16; ++i) words[i] = word_at(block + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t early = words[i - 15];
    const std::uint32_t late = words[i - 2];
    words[i] = words[i - 16] + (std::rotr(early, 7) ^ std::rotr(early, 18) ^ (early >> 3)) + words[i - 7] +
               (std::rotr(late, 17) ^ std::rotr(late, 19) ^ (late >> 10));
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) +
                                constants_of_sha256[i] + words[i];
    const std::uint32_t second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const std::array<std::uint32_t, 8> sum = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state_[i] += sum[i];
}

Hmac::Hmac(Digest digest, std::string_view key)
    : inner_(begun_with_key(digest, key, 0x36)), outer_(begun_with_key(digest, key, 0x5c)) {}

// As good as the key.
Hmac::~Hmac() {
  wipe_memory(&inner_, sizeof inner_);
  wipe_memory(&outer_, sizeof outer_);
}

DigestValue Hmac::of(std::string_view message) const {
  Hash inner = inner_;
  inner.add(message);
  Hash outer = outer_;
  outer.add(inner.finish().view());
  return outer.finish();
}

DigestValue digest_of(Digest digest, std::string_view bytes) {
  Hash hash(digest);
  hash.add(bytes);
  return hash.finish();
}

DigestValue pbkdf2(Digest digest, std::string_view password, std::string_view salt, std::uint64_t rounds) {
  const Hmac hmac(digest, password);
  DigestValue last = hmac.of(std::string(salt) + std::string("\0\0\0\1", 4));
  DigestValue sum = last;
  for (std::uint64_t round = 1; round < rounds; ++round) {
    last = hmac.of(last.view());
    for (std::size_t i = 0; i < sum.size; ++i) sum.bytes[i] ^= last.bytes[i];
  }
  last.wipe();
  return sum;
}

}  // namespace msmtp
