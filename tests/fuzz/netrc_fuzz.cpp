// netrc files: the password found is made of bytes of the file, and an entry in front always wins.
#include "authproc/netrc.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto password = msmtp::netrc_password(text, "m", "u");
  if (password) {
    require(password->size() <= text.size());
    require(std::all_of(password->reveal().begin(), password->reveal().end(),
                        [&](char c) { return text.find(c) != std::string_view::npos; }));
  }

  // "machine x" ends the entry, for what follows could still change its login or password.
  const auto preceded =
      msmtp::netrc_password("machine m login u password first machine x\n" + std::string(text), "m", "u");
  require(preceded && preceded->reveal() == "first");
  (void)msmtp::netrc_password(text, "", "");
  return 0;
}
