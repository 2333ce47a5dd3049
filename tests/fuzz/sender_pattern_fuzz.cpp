// Addresses of --from rules and login names of any bytes: what comes out is one address, which the name cannot
// redirect.
#include "parent/envelope_address.hpp"
#include "parent/sender_pattern.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const std::string_view pattern = colon == std::string_view::npos ? "%U@example.org" : text.substr(colon + 1);
  if (!check_sender_pattern(pattern)) return 0;
  const auto filled = fill_sender_pattern(pattern, name);
  if (!filled) {
    require(filled.error().code == ExitCode::no_user);
    return 0;
  }
  require(check_address(*filled, "address", ExitCode::usage).has_value());
  const auto example = fill_sender_pattern(pattern, "x");
  require(example.has_value());
  if (!wants_login_name(pattern)) require(*filled == *example);
  // A name adds no part to the address.
  require(domain_of(*filled).empty() == domain_of(*example).empty());
  if (!wants_login_name(domain_of(pattern))) require(domain_of(*filled) == domain_of(*example));
  return 0;
}
