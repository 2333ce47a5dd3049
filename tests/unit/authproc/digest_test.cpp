// Digests against the vectors of the standards, and against another implementation where block ends matter.
#include "authproc/digest.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace msmtp;

namespace {

std::string hex(const DigestValue& value) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : value.view()) {
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

using Expected = std::vector<std::pair<Digest, std::string>>;
using ExpectedList = std::vector<std::pair<Digest, std::vector<std::string>>>;

}  // namespace

TEST_CASE("digest: the examples of FIPS 180") {
  const Expected of_abc = {{Digest::sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
                           {Digest::sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}};
  for (const auto& [digest, value] : of_abc) CHECK(hex(digest_of(digest, "abc")) == value);
  const Expected of_nothing = {{Digest::sha1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
                               {Digest::sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}};
  for (const auto& [digest, value] : of_nothing) CHECK(hex(digest_of(digest, "")) == value);
  const Expected of_a_million = {{Digest::sha1, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
                                 {Digest::sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
  for (const auto& [digest, value] : of_a_million) CHECK(hex(digest_of(digest, std::string(1000000, 'a'))) == value);
}

TEST_CASE("digest: texts of every length around the ends of blocks") {
  const Expected of_all = {{Digest::sha1, "8a18f04bac7c86cfcffa6a93e5cb21ae0159deac"},
                           {Digest::sha256, "752c007f38611cfbf5fa42cb1cea3d8e086491c844d0cc4defd632cb81423506"}};
  for (const auto& [digest, value] : of_all) {
    Hash all(digest);
    for (std::size_t length = 0; length < 200; ++length) all.add(digest_of(digest, std::string(length, 'a')).view());
    CHECK(hex(all.finish()) == value);
  }
}

TEST_CASE("digest: it does not matter in which pieces a text comes") {
  const std::string text(300, 'x');
  for (const Digest digest : {Digest::sha1, Digest::sha256}) {
    for (const std::size_t piece : {1, 3, 63, 64, 65, 299}) {
      Hash hash(digest);
      for (std::size_t at = 0; at < text.size(); at += piece) hash.add(std::string_view(text).substr(at, piece));
      CHECK(hash.finish() == digest_of(digest, text));
    }
  }
}

TEST_CASE("digest: HMAC with keys shorter and longer than a block") {
  const std::vector<std::string> keys = {"", "k", std::string(64, 'k'), std::string(65, 'k'), std::string(200, 'k')};
  const ExpectedList expected = {
      {Digest::sha1,
       {"d5d1ed05121417247616cfc8378f360a39da7cfa", "2d795a5f313a0bb4e42011cbd2063b8a2610df75",
        "0a0b7a314b101739c3557f6b5e1dd6ab55658970", "9e8b701143a82cdc059a72a86230df264354cdb0",
        "ce26829f081871264088cab6de541c8f21bdeb11"}},
      {Digest::sha256,
       {"eb08c1f56d5ddee07f7bdf80468083da06b64cf4fac64fe3a90883df5feacae4",
        "9831a5afefa770d5fe6c985f6c343796ca3d27651d69e24864f1f9948debfacf",
        "890f3a16e0ca0aaa3bf180f70fa8e3970b3fd6505e98fde157988dcc19d1685c",
        "0c256505306af48015530c139bb7add5ad7a6a9291cd511278a067e765816fbd",
        "3badf82b9f5273bc369d6a02e72487c74a31bff445000fec40fe0cee65c08bf2"}}};
  for (const auto& [digest, values] : expected) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Hmac hmac(digest, keys[i]);
      CHECK(hex(hmac.of("message")) == values[i]);
      CHECK(hex(hmac.of("message")) == values[i]);
    }
  }
}

TEST_CASE("digest: PBKDF2 as in RFC 6070") {
  const std::vector<std::uint64_t> rounds = {1, 2, 4096};
  const ExpectedList expected = {
      {Digest::sha1,
       {"0c60c80f961f0e71f3a9b524af6012062fe037a6", "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
        "4b007901b765489abead49d926f721d065a429c1"}},
      {Digest::sha256,
       {"120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b",
        "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43",
        "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"}}};
  for (const auto& [digest, values] : expected) {
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      CHECK(hex(pbkdf2(digest, "password", "salt", rounds[i])) == values[i]);
    }
  }
}
