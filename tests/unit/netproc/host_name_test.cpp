// Host names as the DNS wants them.
#include "netproc/host_name.hpp"

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
