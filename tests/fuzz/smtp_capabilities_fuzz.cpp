// Whatever a server offers: the case of letters does not matter, nor the order of the lines.
#include "common/text.hpp"
#include "netproc/smtp_capabilities.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// The first line is the greeting and stays.
std::string with_lines_reversed(std::string_view text) {
  const auto lines = split(text, '\n');
  std::string reversed(lines.front());
  for (std::size_t i = lines.size() - 1; i > 0; --i) {
    reversed += '\n';
    reversed += lines[i];
  }
  return reversed;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Capabilities offer = parse_capabilities(text);
  require(offer.extended && offer.greeting.empty());
  require(offer.size || offer.size_limit == 0);
  require(offer.auth || offer.mechanisms.empty());
  require(parse_capabilities(ascii_upper(text)) == offer);
  require(parse_capabilities(ascii_lower(text)) == offer);
  require(parse_capabilities(with_lines_reversed(text)) == offer);
  return 0;
}
