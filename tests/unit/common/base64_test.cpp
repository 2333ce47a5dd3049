// Base64.
#include "common/base64.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

using namespace msmtp;

TEST_CASE("the test vectors of RFC 4648, section 10, hold both ways") {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    CAPTURE(bytes);
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode(text) == std::string(bytes));
  }
}

TEST_CASE("every byte survives at every place of a group") {
  for (std::size_t before = 0; before < 3; ++before) {
    std::string bytes(before, 'x');
    for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
    const auto text = base64_encode(bytes);
    CHECK(text.size() == base64_size(bytes.size()));
    CHECK(base64_decode(text) == bytes);
  }
}

TEST_CASE("both letters beyond the alphanumeric ones are used") {
  CHECK(base64_encode("\xfb\xef\xbe") == "++++");
  CHECK(base64_encode("\xff\xff\xff") == "////");
}

TEST_CASE("text of a wrong length is no base64") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zm9vY", "Zg==="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("foreign characters are no base64") {
  for (const char* text : {"Zm9*", "Zm9\n", "Zm 9", "Zm9-", "Zm9_", "Zg==\r\n==", "\x80m9v"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
  CHECK_FALSE(base64_decode(std::string_view("Zm\0v", 4)));
}

TEST_CASE("padding stands at the end only, two at most") {
  for (const char* text : {"====", "Z===", "=Zg=", "Z=g=", "Zg==Zg==", "Zm8=Zm8="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("unused bits must be zero, so that no two texts mean the same") {
  CHECK_FALSE(base64_decode("Zh=="));
  CHECK_FALSE(base64_decode("Zm9="));
}
