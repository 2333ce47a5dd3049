// The configuration file's grammar against any bytes. What is accepted must be usable: no value that
// becomes part of a line holds a line break, and nothing that is shown holds a control byte.
#include "parent/account_choice.hpp"
#include "parent/config.hpp"
#include "parent/describe.hpp"
#include "parent/features.hpp"
#include "parent/patterns.hpp"

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

namespace {

using namespace msmtp;

void demand(bool holds) {
  if (!holds) std::abort();
}

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_lines(const Account& account) {
  for (const auto* text : {&account.host, &account.source_ip, &account.proxy_host, &account.tls_host_override,
                           &account.maildomain, &account.from, &account.dsn_notify, &account.dsn_return}) {
    demand(!*text || is_one_line(**text));
  }
  demand(is_one_line(account.domain));
}

// Every line of the description is a line of ours: it has as many whatever the values are.
void check_description(const Account& account) {
  const auto text = describe_account(account, {}, false);
  std::size_t lines = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') ++lines;
    demand(c == '\n' || (byte >= 0x20 && byte != 0x7f));
  }
  demand(lines == 43U + (account.partial_delivery ? 1U : 0U) + (account.keep_connection != 0 ? 1U : 0U));
}

void check_account_whole(Account& account, std::set<std::string>& names) {
  demand(!account.name.empty() && account.name.find_first_of(",:") == std::string::npos);
  demand(names.insert(account.name).second);
  demand(account.file == "rc");
  check_lines(account);
  complete_account(account);
  const auto value = []() -> Result<std::string> { return std::string("%M\n%U%C%H%F"); };
  if (apply_patterns(account, {value, value, value, value, "a@b"})) {
    check_lines(account);
    demand(account.domain.size() <= max_host);
  }
  (void)check_account(account, true);
  (void)unavailable_feature(account);
  check_description(account);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // A command's output is as hostile as a file: it is the command itself here.
  const CommandRunner run_command = [](std::string_view command) -> Result<Secret> {
    if (command == "false") return fail(ExitCode::io_error, "false");
    return Secret::copy_of(command);
  };
  auto config = parse_config(bytes, {"rc", "/home/joe", run_command});
  if (!config) {
    demand(config.error().code == ExitCode::config || config.error().code == ExitCode::io_error);
    demand(config.error().text.starts_with("rc: line "));
    return 0;
  }
  demand(config->accounts.size() <= max_accounts);
  std::set<std::string> names;
  for (auto& account : config->accounts) check_account_whole(account, names);
  return 0;
}
