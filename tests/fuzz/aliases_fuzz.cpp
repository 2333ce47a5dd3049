// Aliases files of any bytes: an error that names a line, or an expansion without surprises.
#include "parent/aliases.hpp"
#include "parent/envelope_address.hpp"

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

// The input is an aliases file; its first word is also asked for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto aliases = Aliases::parse(text);
  if (!aliases) {
    require(aliases.error().code == ExitCode::config);
    require(aliases.error().text.starts_with("line "));
    return 0;
  }

  const std::string asked(text.substr(0, text.find_first_of(" ,:\n")));
  const auto all = aliases->expand({"first@x", asked, "default", "last@x"});
  if (!all) {
    require(all.error().code == ExitCode::config);
    return 0;
  }
  require(all->size() >= 4 && all->front() == "first@x" && all->back() == "last@x");
  require(all->size() <= max_alias_results + 4);
  for (const auto& address : *all) {
    if (address != asked) require(!address.empty() && check_address(address, "address", ExitCode::config));
  }
  // What is expanded is expanded wholly.
  require(aliases->expand(*all).value() == *all);
  return 0;
}
