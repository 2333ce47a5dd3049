// Answers of name servers: whatever they are, what is taken from them are bounded numbers of host names.
#include "netproc/dns_answer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_of_host_name(char c) {
  constexpr std::string_view all = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return all.find(c) != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto records = msmtp::parse_service_records({reinterpret_cast<const char*>(data), size});
  if (!records) return 0;
  require(records->size() <= msmtp::max_service_records);
  for (const auto& record : *records) {
    require(!record.target.empty() && record.target.size() <= 253);
    require(std::all_of(record.target.begin(), record.target.end(), is_of_host_name));
  }
  const auto best = msmtp::preferred_service(*records);
  if (best) {
    require(best->target != "." && best->port != 0);
    for (const auto& record : *records) {
      require(record.target == "." || record.port == 0 || record.priority >= best->priority);
    }
  }
  return 0;
}
