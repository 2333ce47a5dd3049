// Address lists of any bytes: what comes out can always stand in one line of an envelope or a header.
#include "parent/address_list.hpp"
#include "parent/envelope_address.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace msmtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_harmless(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte != 0x7f;
}

// Words of the command line keep the spaces inside quoted local parts, and differ in nothing else.
std::vector<std::string> with_underscores(std::vector<std::string> addresses) {
  for (auto& address : addresses) std::ranges::replace(address, ' ', '_');
  return addresses;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view list(reinterpret_cast<const char*>(data), size);
  std::size_t total = 0;
  for (const auto& address : parse_address_list(list)) {
    require(!address.empty());
    require(std::ranges::all_of(address, is_harmless));
    total += address.size();

    const std::string local(local_part_of(address));
    require(local == address || local + '@' + std::string(domain_of(address)) == address);
    // What may be sent, and needs no fixing, reads the same inside angle brackets.
    const bool is_plain = address.find_first_of("\\()") == std::string::npos;
    if (check_address(address, "address", ExitCode::usage) && is_plain) {
      require(parse_address_list('<' + address + '>') == std::vector<std::string>{address});
    }
  }
  // Nothing is made up, but for the closing quotes of quoted strings that are not closed.
  require(total <= size + static_cast<std::size_t>(std::ranges::count(list, '"')));
  const auto words = recipients_of_word(list);
  require(words.has_value() == (list.find_first_of("\r\n") == std::string_view::npos));
  if (words) require(with_underscores(*words) == parse_address_list(list));
  return 0;
}
