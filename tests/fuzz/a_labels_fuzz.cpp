// Internationalized domains: what comes out is ASCII, short enough, and stays as it is.
#include "common/a_labels.hpp"
#include "common/text.hpp"

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
  const std::string_view domain(reinterpret_cast<const char*>(data), size);
  const auto labels = msmtp::to_a_labels(domain);
  if (!msmtp::has_non_ascii(domain)) {
    require(labels == domain);
    return 0;
  }
  if (!labels) return 0;
  require(!msmtp::has_non_ascii(*labels));
  require(msmtp::to_a_labels(*labels) == labels);
  require(std::count(labels->begin(), labels->end(), '.') == std::count(domain.begin(), domain.end(), '.'));
  require(labels->find("xn--") != std::string::npos);
  return 0;
}
