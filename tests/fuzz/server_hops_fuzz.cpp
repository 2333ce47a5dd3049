// Received fields, counted in pieces and by a model that looks at whole lines: both must agree.
#include "common/text.hpp"
#include "netproc/server_hops.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace msmtp;

namespace {

std::size_t count(std::string_view mail, std::size_t piece) {
  HopCounter counter;
  while (!mail.empty()) {
    counter.add(mail.substr(0, piece));
    mail.remove_prefix(mail.size() < piece ? mail.size() : piece);
  }
  return counter.hops();
}

std::size_t model(std::string_view mail) {
  std::size_t hops = 0;
  while (!mail.empty()) {
    const auto end = mail.find('\n');
    std::string_view line = mail.substr(0, end);
    if (end != std::string_view::npos && (line.empty() || line == "\r")) break;
    mail.remove_prefix(end == std::string_view::npos ? mail.size() : end + 1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view name = line.substr(0, colon);
    while (name.ends_with(' ') || name.ends_with('\t')) name.remove_suffix(1);
    if (equal_ignoring_case(name, "received")) ++hops;
  }
  return hops;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view mail(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t hops = count(mail, mail.size() + 1);
  if (hops != model(mail) || hops != count(mail, 1) || hops != count(mail, 1 + data[0])) std::abort();
  return 0;
}
