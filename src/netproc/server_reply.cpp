// What a server says.
#include "netproc/server_reply.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <cstddef>

namespace msmtp {

namespace {

constexpr std::size_t max_reply_line = 500;  // 512 with code and line end (RFC 5321, 4.5.3.1.5)

bool is_printable(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

std::string wire_form(const ServerReply& reply) {
  const std::string code = std::to_string(reply.code);
  const auto lines = split(reply.text, '\n');
  std::string wire;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string line(lines[i].substr(0, max_reply_line));
    std::ranges::replace_if(
        line, [](char c) { return !is_printable(c); }, '?');
    wire.append(code).append(i + 1 < lines.size() ? "-" : " ").append(line).append("\r\n");
  }
  return wire;
}

}  // namespace msmtp
