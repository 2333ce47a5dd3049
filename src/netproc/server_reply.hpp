// What a server says: a code and lines.
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

struct ServerReply {
  int code = 250;    // 200 to 599
  std::string text;  // lines joined by '\n', at least one

  bool is_error() const { return code >= 400; }
  friend bool operator==(const ServerReply&, const ServerReply&) = default;
};

// As it goes over the wire (RFC 5321, 4.2.1). Bytes that are not printable ASCII become '?', and a line is cut at 500
// octets.
std::string wire_form(const ServerReply& reply);

}  // namespace msmtp
