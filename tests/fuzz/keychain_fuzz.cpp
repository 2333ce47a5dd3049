// What security(1) says: no input breaks the reader, and every password that the command can write comes back.
#include "authproc/keychain.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '\\';
}

// As the command writes it: in quotes, or in hexadecimal with a rendering of its bytes.
std::string written(std::string_view password) {
  if (std::all_of(password.begin(), password.end(), is_plain)) return "\"" + std::string(password) + "\"";
  std::string text = "0x";
  for (const char c : password) {
    const auto byte = static_cast<unsigned char>(c);
    text += "0123456789ABCDEF"[byte / 16];
    text += "0123456789ABCDEF"[byte % 16];
  }
  return text + "  \"rendering\"";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto password = msmtp::keychain_password(text)) {
    require(password->size() <= text.size());
    require(text.find("password:") != std::string_view::npos);
  }
  const auto again = msmtp::keychain_password("password: " + written(text) + "\nkeychain: \"x\"\n");
  require(again && again->reveal() == text);
  return 0;
}
