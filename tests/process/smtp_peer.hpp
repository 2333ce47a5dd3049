// The client's end of an SMTP server in a test: what it says, and what it hears within some time.
#pragma once

#include "common/fd.hpp"

#include <criterion/criterion.h>

#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace msmtp::test {

inline void say_to(const Fd& server, std::string_view text) {
  (void)send(server.number(), text.data(), text.size(), MSG_NOSIGNAL);
}

// All that it says until WANTED has come.
inline std::string hear_from(const Fd& server, std::string_view wanted, int milliseconds) {
  std::string heard;
  char bytes[4096];
  pollfd readable{server.number(), POLLIN, 0};
  while (heard.find(wanted) == std::string::npos && poll(&readable, 1, milliseconds) == 1) {
    const ssize_t size = recv(server.number(), bytes, sizeof bytes, 0);
    if (size <= 0) break;
    heard.append(bytes, static_cast<std::size_t>(size));
  }
  cr_expect(heard.find(wanted) != std::string::npos, "no %s in %s", std::string(wanted).c_str(), heard.c_str());
  return heard;
}

inline bool has_hung_up_on(const Fd& server, int milliseconds) {
  char byte;
  pollfd readable{server.number(), POLLIN, 0};
  return poll(&readable, 1, milliseconds) == 1 && recv(server.number(), &byte, 1, 0) <= 0;
}

}  // namespace msmtp::test
