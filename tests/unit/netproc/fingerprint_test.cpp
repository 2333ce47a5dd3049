// Certificate fingerprints as text.
#include "netproc/fingerprint.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("fingerprints of the three digests are read") {
  const auto md5 = parse_fingerprint("md5:00ff0123456789abcdef0123456789ab");
  REQUIRE(md5);
  CHECK(md5->kind == DigestKind::md5);
  CHECK(md5->digest == std::string("\x00\xff\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab", 16));
  CHECK(parse_fingerprint("sha1:" + std::string(40, 'a'))->kind == DigestKind::sha1);
  CHECK(parse_fingerprint("sha256:" + std::string(64, '0'))->digest == std::string(32, '\0'));
}

TEST_CASE("anything else is no fingerprint") {
  for (const std::string& text :
       {std::string(), std::string("sha256:"), "sha256:" + std::string(63, 'a'), "sha256:" + std::string(66, 'a'),
        "sha1:" + std::string(64, 'a'), "sha512:" + std::string(128, 'a'), std::string(64, 'a'),
        "sha256:" + std::string(64, 'A'), "sha256:" + std::string(64, 'g'), "md5:" + std::string(31, 'a') + ":"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_fingerprint(text));
  }
}

TEST_CASE("pins of public keys, and several of all kinds") {
  const std::string pin = "spki:sha256:" + std::string(64, 'a');
  const auto several = parse_fingerprints("md5:" + std::string(32, '0') + "," + pin);
  REQUIRE(several);
  REQUIRE(several->size() == 2);
  CHECK((*several)[0].kind == DigestKind::md5);
  CHECK((*several)[1].kind == DigestKind::spki_sha256);
  CHECK((*several)[1].digest == std::string(32, '\xaa'));
  CHECK(parse_fingerprints(pin)->size() == 1);
  for (const std::string& text : {std::string(), pin + ",", "," + pin, pin + ", " + pin, pin + "," + pin + "x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_fingerprints(text));
  }
}

TEST_CASE("a digest in the words of the setting") {
  CHECK(fingerprint_setting(DigestKind::sha1, std::string("\x00\xab", 2)) == "00:AB");
  CHECK(fingerprint_setting(DigestKind::spki_sha256, std::string(32, '\0')) ==
        "spki:sha256:" + std::string(43, 'A') + "=");
}

TEST_CASE("digests are shown as upper-case pairs") {
  CHECK(colon_hex(std::string("\x00\xab\x1f", 3)) == "00:AB:1F");
  CHECK(colon_hex("") == "");
  CHECK(name(DigestKind::sha256) == "SHA256");
  CHECK(name(DigestKind::sha1) == "SHA1");
  CHECK(name(DigestKind::md5) == "MD5");
  CHECK(name(DigestKind::spki_sha256) == "public key");
}
