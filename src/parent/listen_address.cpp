// Where msmtpd listens.
#include "parent/listen_address.hpp"

#include "common/address.hpp"
#include "common/text.hpp"

#include <charconv>
#include <optional>

namespace msmtp {

namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::uint32_t all_modes = 0777;

std::optional<std::uint32_t> parse_mode(std::string_view text) {
  std::uint32_t mode = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (problem != std::errc() || end != text.data() + text.size() || mode > all_modes) return std::nullopt;
  return mode;
}

Result<Interface> parse_unix(std::string_view text) {
  const auto parts = split(text, ',');
  UnixInterface socket;
  socket.path = std::string(parts[0]);
  if (!socket.path.starts_with('/') || socket.path.find('\0') != std::string::npos) {
    return fail(ExitCode::usage, "the path behind 'unix:' is not absolute: '" + socket.path + "'");
  }
  if (parts.size() > 1) {
    const auto mode = parse_mode(parts[1]);
    if (!mode) {
      return fail(ExitCode::usage, "invalid mode '" + std::string(parts[1]) + "' of " + socket.path +
                                       ": an octal number up to 777 is expected");
    }
    socket.mode = *mode;
  }
  if (parts.size() > 2) socket.group = std::string(parts[2]);
  if (parts.size() > 3 || (parts.size() == 3 && socket.group.empty())) {
    return fail(ExitCode::usage, "'unix:" + std::string(text) + "' is not of the form unix:/path[,mode[,group]]");
  }
  return Interface(std::move(socket));
}

std::string_view without_brackets(std::string_view text) {
  const bool has_both = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return has_both && text.find(':') != std::string_view::npos ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

Result<Interface> parse_interface(std::string_view text) {
  if (text.starts_with(unix_prefix)) return parse_unix(text.substr(unix_prefix.size()));
  const auto endpoint = parse_numeric_address(without_brackets(text));
  if (!endpoint) {
    return fail(ExitCode::usage, "invalid address '" + std::string(text) +
                                     "': a numeric IPv4 or IPv6 address, or unix:/path, is expected");
  }
  return Interface(InetInterface{*endpoint});
}

Result<std::uint16_t> parse_port(std::string_view text) {
  const auto number = parse_decimal(text, 65535);
  if (!number || *number == 0) {
    return fail(ExitCode::usage, "invalid port '" + std::string(text) + "': a number from 1 to 65535 is expected");
  }
  return static_cast<std::uint16_t>(*number);
}

}  // namespace msmtp
