// Where msmtpd listens, as --interface and --port say it.
#pragma once

#include "common/messages.hpp"
#include "common/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msmtp {

struct InetInterface {
  Endpoint endpoint;
};

// "unix:/path[,mode[,group]]".
struct UnixInterface {
  std::string path;           // absolute
  std::uint32_t mode = 0666;  // octal; who may connect, as far as --allow-user and --allow-group let them
  std::string group;          // a name or a number; empty: that of the process
};

using Interface = std::variant<InetInterface, UnixInterface>;

// TEXT: a numeric IPv4 or IPv6 address (with or without brackets, with %scope), or "unix:" and what follows. EX_USAGE.
Result<Interface> parse_interface(std::string_view text);
// 1 to 65535, decimal. EX_USAGE.
Result<std::uint16_t> parse_port(std::string_view text);

}  // namespace msmtp
