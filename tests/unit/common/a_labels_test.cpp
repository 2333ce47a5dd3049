// Internationalized domains in ASCII.
#include "common/a_labels.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("ASCII domains pass as they are") {
  for (const std::string domain : {"", ".", "example", "Mail.Example.", "a..b", "xn--mller-kva.example"}) {
    CHECK(to_a_labels(domain) == domain);
  }
}

TEST_CASE("other labels become A-labels, one by one") {
  CHECK(to_a_labels("m\u00fcller.example") == "xn--mller-kva.example");
  CHECK(to_a_labels("mail.fa\u00df.example.") == "mail.xn--fa-hia.example.");
  CHECK(to_a_labels("\u4f8b\u3048.\u30c6\u30b9\u30c8") == "xn--r8jz45g.xn--zckzah");
  CHECK(to_a_labels("\u00fc") == "xn--tda");
  CHECK(to_a_labels("\u00e4_b.example") == "xn--_b-uia.example");
}

TEST_CASE("samples of RFC 3492, 7.1 are encoded as it says") {
  CHECK(to_a_labels("\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587") == "xn--ihqwcrb4cv8a8dqg056pqjye");
  CHECK(to_a_labels("3\u5e74b\u7d44\u91d1\u516b\u5148\u751f") == "xn--3b-ww4c5e180e575a65lsy2b");
}

TEST_CASE("capital letters are small ones") {
  CHECK(to_a_labels("M\u00dcLLER.example") == to_a_labels("m\u00fcller.example"));
  CHECK(to_a_labels("\u0391\u03a9.example") == to_a_labels("\u03b1\u03c9.example"));
  CHECK(to_a_labels("\u0401\u0416.example") == to_a_labels("\u0451\u0436.example"));
  CHECK(to_a_labels("\u0100\u0102\u1e00.example") == to_a_labels("\u0101\u0103\u1e01.example"));
  CHECK(to_a_labels("A\u00fcB") == to_a_labels("a\u00fcb"));
}

TEST_CASE("what was typed in parts is composed") {
  CHECK(to_a_labels("mu\u0308ller.example") == "xn--mller-kva.example");
  CHECK(to_a_labels("MU\u0308LLER.example") == "xn--mller-kva.example");
  CHECK(to_a_labels("e\u0323\u0302") == to_a_labels("\u1ec7"));  // in whichever order
  CHECK(to_a_labels("e\u0302\u0323") == to_a_labels("\u1ec7"));
  CHECK(to_a_labels("\u00ea\u0323") == to_a_labels("\u1ec7"));
  CHECK(to_a_labels("\u1112\u1161\u11ab\u1100\u1173\u11af") == to_a_labels("\ud55c\uae00"));
  CHECK(to_a_labels("ae\u0304x\u0301") == to_a_labels("a\u0113x\u0301"));
}

TEST_CASE("what may not stand in a domain has no A-labels") {
  for (const std::string domain :
       {"\U0001f4a9.example", "a\u00d7b", "a\u2044b.example", "\u00e4 b", "\u00e4@b", "-\u00e4", "\u00e4-",
        "ab--\u00e4", "\u0301a", "a\u200db", "\u00a0x", "\uff21", "\ufb01", "\u1e9e", "\u0378", "\ue000"}) {
    CAPTURE(domain);
    CHECK_FALSE(to_a_labels(domain));
  }
}

TEST_CASE("bad UTF-8 has no A-labels") {
  for (const std::string domain :
       {"\xff", "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
        "\xc3(", "a.\xe2\x82", "\xf0\x80\x80\x80"}) {
    CAPTURE(domain);
    CHECK_FALSE(to_a_labels(domain));
  }
}

TEST_CASE("labels that would be too long are refused") {
  CHECK(to_a_labels("\u00fc" + std::string(53, 'x')));
  CHECK_FALSE(to_a_labels("\u00fc" + std::string(70, 'x')));
  std::string many;
  for (int i = 0; i < 300; ++i) many += "\u00fc";
  CHECK_FALSE(to_a_labels(many));
}
