// SHA-1 and SHA-256 (FIPS 180-4), HMAC (RFC 2104) and PBKDF2 (RFC 8018, 5.2): what SCRAM is made of.
//
// libgsasl keeps its own to itself, and a library of cryptography would take longer to load than the login takes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace msmtp {

enum class Digest : std::uint8_t { sha1, sha256 };

constexpr std::size_t size_of(Digest digest) {
  return digest == Digest::sha1 ? 20 : 32;
}

// The outcome of a digest: size_of() bytes.
struct DigestValue {
  std::array<std::uint8_t, 32> bytes{};
  std::size_t size = 0;

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
  void wipe();
  friend bool operator==(const DigestValue&, const DigestValue&) = default;
};

// A digest while its input comes in.
class Hash {
 public:
  explicit Hash(Digest digest);
  void add(std::string_view bytes);
  // Of all that was added; afterwards the object is of no use.
  DigestValue finish();

 private:
  void take_block(const std::uint8_t* block);
  void take_block_of_sha1(const std::uint8_t* block);
  void take_block_of_sha256(const std::uint8_t* block);

  Digest digest_;
  std::array<std::uint32_t, 8> state_{};
  std::array<std::uint8_t, 64> waiting_{};  // less than a block
  std::size_t waiting_size_ = 0;
  std::uint64_t size_ = 0;
};

// HMAC with one key for any number of messages.
class Hmac {
 public:
  Hmac(Digest digest, std::string_view key);
  ~Hmac();
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  DigestValue of(std::string_view message) const;

 private:
  Hash inner_;
  Hash outer_;
};

DigestValue digest_of(Digest digest, std::string_view bytes);

// The first size_of(DIGEST) bytes of PBKDF2, which RFC 5802, 2.2, calls Hi(). ROUNDS is at least 1.
DigestValue pbkdf2(Digest digest, std::string_view password, std::string_view salt, std::uint64_t rounds);

}  // namespace msmtp
