// msmtpd's command line against any words, which are separated by NUL; and each word as an interface and a port.
#include "parent/daemon_options.hpp"
#include "parent/listen_address.hpp"

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

void check_interface(const Interface& interface) {
  const auto* local = std::get_if<UnixInterface>(&interface);
  if (local == nullptr) return;
  demand(local->path.starts_with('/') && local->path.find('\0') == std::string::npos);
  demand(local->mode <= 0777);
}

void check_options(const DaemonOptions& options) {
  demand(!options.interfaces.empty() && !options.ports.empty());
  for (const Interface& interface : options.interfaces) check_interface(interface);
  demand(std::ranges::count(options.ports, 0) == 0);
  demand(options.max_sessions >= 1 && options.max_recipients >= 1 && options.max_recipients <= 10'000);
  demand(options.idle_seconds >= 1 && options.max_size <= INT64_MAX);
  demand(!options.command.empty());
  demand(!options.login || !options.login->user.empty());
  demand(options.log.target != LogTarget::file || !options.log.path.empty());
}

void check_error(const Error& error) {
  demand(!error.text.empty());
  demand(error.code == ExitCode::usage || error.code == ExitCode::no_user);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto pieces = split(bytes, '\0');
  const auto parsed = parse_daemon_options(std::vector<std::string>(pieces.begin(), pieces.end()), "command");
  if (parsed) check_options(*parsed);
  if (!parsed) check_error(parsed.error());
  for (const auto piece : pieces) {
    const auto interface = parse_interface(piece);
    if (interface) check_interface(*interface);
    const auto port = parse_port(piece);
    demand(!port || std::to_string(*port).size() <= piece.size());
  }
  return 0;
}
