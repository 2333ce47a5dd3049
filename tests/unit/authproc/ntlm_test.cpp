// Which NTLM challenges are let through to the library.
#include "authproc/ntlm.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace msmtp;
using namespace std::string_literals;

namespace {

std::string little(std::size_t number, std::size_t size) {
  std::string bytes;
  for (; size > 0; --size, number >>= 8) bytes += static_cast<char>(number & 0xff);
  return bytes;
}

// A challenge whose target of SIZE bytes is said to begin at OFFSET, with BEHIND after the fixed fields.
std::string challenge(std::size_t size, std::size_t offset, const std::string& behind) {
  return "NTLMSSP\0"s + little(2, 4) + little(size, 2) + little(size, 2) + little(offset, 4) + little(0x8201, 4) +
         "\x01\x23\x45\x67\x89\xab\xcd\xef" + behind;
}

std::string reason(const std::string& message) {
  const auto checked = check_ntlm_challenge(message);
  if (checked) return "";
  CHECK(checked.error().code == ExitCode::software);
  const std::string& text = checked.error().text;
  return text.substr(text.find(": ") + 2);
}

}  // namespace

TEST_CASE("ntlm: challenges with and without a target are let through") {
  CHECK(reason(challenge(0, 0, "")) == "");
  CHECK(reason(challenge(0, 0xffffffff, "")) == "");
  CHECK(reason(challenge(12, 48, std::string(16, '\0') + "D\0O\0M\0A\0I\0N\0"s)) == "");
  CHECK(reason(challenge(4, 32, "D\0O\0"s)) == "");
}

TEST_CASE("ntlm: a target that lies outside of the message is refused") {
  CHECK(reason(challenge(4, 33, "D\0O\0"s)) == "its target is not in it");
  CHECK(reason(challenge(4, 36, "D\0O\0"s)) == "its target is not in it");
  CHECK(reason(challenge(4, 37, "D\0O\0"s)) == "its target is not in it");
  CHECK(reason(challenge(4, 0xfffffffe, "D\0O\0"s)) == "its target is not in it");
  CHECK(reason(challenge(4, 28, "D\0O\0"s)) == "its target is not in it");
}

TEST_CASE("ntlm: a target of a length that no name has is refused") {
  CHECK(reason(challenge(3, 32, "D\0O\0"s)) == "its target has no proper length");
  CHECK(reason(challenge(302, 32, std::string(400, '\0'))) == "its target has no proper length");
  CHECK(reason(challenge(300, 32, std::string(300, '\0'))) == "");
}

TEST_CASE("ntlm: what is no challenge is refused") {
  CHECK(reason("") == "it is too short");
  CHECK(reason("ntlm supported") == "it is too short");
  CHECK(reason(challenge(0, 0, "").substr(0, 31)) == "it is too short");
  std::string other = challenge(0, 0, "");
  other[8] = 3;
  CHECK(reason(other) == "it is another message");
  other = challenge(0, 0, "");
  other[0] = 'n';
  CHECK(reason(other) == "it is another message");
}
