// NTLM challenges of any bytes: what is let through never refers to bytes behind its end.
#include "authproc/ntlm.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  if (!msmtp::check_ntlm_challenge(message)) return 0;
  if (size < 32 || data[8] != 2) std::abort();
  const std::size_t length = data[12] + 256U * data[13];
  const std::size_t offset = data[16] + 256U * data[17] + 65536U * data[18] + 16777216U * data[19];
  if (length != 0 && offset + length > size) std::abort();
  return 0;
}
