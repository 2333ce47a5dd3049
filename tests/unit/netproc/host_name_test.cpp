// Host names as the DNS wants them.
#include "netproc/host_name.hpp"

#include "common/a_labels.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("ASCII names pass as they are") {
  for (const std::string name : {"mail.example", "MAIL.Example.", "_odd name-", "xn--mller-kva.example"}) {
    CHECK(ascii_host_name(name).value() == name);
  }
}

TEST_CASE("other names become A-labels") {
  CHECK(ascii_host_name("m\u00fcller.example").value() == "xn--mller-kva.example");
  CHECK(ascii_host_name("M\u00dcLLER.example").value() == "xn--mller-kva.example");
  CHECK(ascii_host_name("fa\u00df.example").value() == "xn--fa-hia.example");
  CHECK(ascii_host_name("\u4f8b\u3048.\u30c6\u30b9\u30c8").value() == "xn--r8jz45g.xn--zckzah");
}

TEST_CASE("what has no A-labels is an error that names the host") {
  const std::string too_long = std::string(70, 'x') + "\u00fc.example";
  for (const std::string& name : {std::string("\xff.example"), std::string("\u00fc\u2028.example"), too_long}) {
    const auto labels = ascii_host_name(name);
    REQUIRE_FALSE(labels);
    CHECK(labels.error().code == ExitCode::no_host);
    CHECK(labels.error().text.starts_with("cannot locate host " + name + ": "));
  }
}

// ---- beside to_a_labels(), which the processes use that do not link the library ----

namespace {

std::string utf8(std::uint32_t point) {
  if (point < 0x800) return {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
  std::string text;
  if (point >= 0x10000) text += static_cast<char>(0xf0 | point >> 18);
  text += static_cast<char>(point >= 0x10000 ? 0x80 | (point >> 12 & 0x3f) : 0xe0 | point >> 12);
  text += static_cast<char>(0x80 | (point >> 6 & 0x3f));
  return text + static_cast<char>(0x80 | (point & 0x3f));
}

// Whether both give something.
bool agree_on(const std::string& name) {
  const auto ours = to_a_labels(name);
  const auto theirs = ascii_host_name(name);
  if (!ours || !theirs) return false;
  CAPTURE(name);
  CHECK(*ours == *theirs);
  return true;
}

}  // namespace

TEST_CASE("our own A-labels are those of the library") {
  std::size_t same = 0;
  for (std::uint32_t point = 0x80; point < 0x30000; point += point < 0x3400 ? 1 : 61) {
    if (point >= 0xd800 && point < 0xe000) continue;
    same += agree_on(utf8(point)) ? 1 : 0;
    same += agree_on("a" + utf8(point) + "B.\u00e4") ? 1 : 0;
    same += agree_on("O\u0323" + utf8(point)) ? 1 : 0;
  }
  CHECK(same > 20'000);
}
