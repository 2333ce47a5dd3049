// A SCRAM server's messages: what is accepted has its three attributes and a bounded number of rounds.
#include "authproc/scram.hpp"

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
  require(msmtp::scram_server_error(text).size() <= text.size());
  const auto checked = msmtp::parse_scram_server_first(text, "abc");
  if (checked) {
    require(text.starts_with("r=abc") && text.size() > 5 && text[5] != ',');
    require(text.find(",s=") != std::string_view::npos);
    const std::size_t rounds = text.find(",i=");
    require(rounds != std::string_view::npos && text.find('\0') == std::string_view::npos);
    const unsigned long long count = std::strtoull(std::string(text.substr(rounds + 3)).c_str(), nullptr, 10);
    require(count >= msmtp::fewest_scram_rounds && count <= msmtp::most_scram_rounds && count == checked->rounds);
    require(text.substr(2).starts_with(checked->nonce) && !checked->salt.empty());
  } else {
    require(!checked.error().text.empty());
  }
  const std::string name = msmtp::saslname(text);
  require(name.find(',') == std::string::npos && name.size() >= size);
  return 0;
}
