// The command line against any words. The first byte says whether POSIXLY_CORRECT holds, the words are
// separated by NUL.
#include "parent/describe.hpp"
#include "parent/options.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace msmtp;

void demand(bool holds) {
  if (!holds) std::abort();
}

void check_options(const Options& options, const std::vector<std::string_view>& words) {
  demand(options.recipients.size() <= words.size());
  for (const auto& recipient : options.recipients) demand(std::ranges::count(words, recipient) > 0);
  demand(!(options.account_name && options.overrides.given.has(Setting::host)));
  demand(!(options.read_envelope_from && options.overrides.given.has(Setting::from)));
  demand(!options.overrides.password.has_value());
  demand(options.queue_argument.find_first_of("\r\n") == std::string::npos);
  const bool takes_none = options.mode == Mode::server_info || options.mode == Mode::queue_start;
  demand(!takes_none || options.recipients.empty());
  demand(!(options.list_queue || options.rebuild_aliases) || options.mode == Mode::only_print);
  const std::string description = describe_account(options.overrides, options, false);
  for (const auto line : split(description, '\n')) demand(printable(line) == line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const OptionContext context = {(data[0] & 1) != 0, "/home/joe"};
  const auto words = split(bytes, '\0');
  const auto parsed = parse_options(words, context);
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    demand(!error->text.empty());
    return 0;
  }
  const auto& options = std::get<Options>(parsed);
  check_options(options, words);

  // Behind `--` every word is a recipient, whatever it looks like.
  std::vector<std::string_view> quoted = {"--"};
  quoted.insert(quoted.end(), words.begin(), words.end());
  const auto again = parse_options(quoted, context);
  const auto* all_recipients = std::get_if<Options>(&again);
  demand(all_recipients != nullptr && std::ranges::equal(all_recipients->recipients, words));
  return 0;
}
