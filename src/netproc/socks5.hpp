// The way through a SOCKS 5 proxy: RFC 1928, with the user name of RFC 1929.
#pragma once

#include "common/deadline.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"
#include "netproc/stream.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace msmtp {

// The exchange without its socket: bytes in, bytes out. It asks the proxy for a connection to the server (CONNECT), and
// logs in with the server's isolation name when the proxy wants that.
class SocksExchange {
 public:
  // The most that is ever wanted at once: a name of 255 bytes, and a port.
  static constexpr std::size_t most_wanted = 255 + 2;

  explicit SocksExchange(const ProxiedServer& server);

  // What to send now, once; empty while the proxy has more to say first.
  std::string take_output() { return std::exchange(output_, {}); }

  // How many bytes to read next. All of them belong to the exchange, for what comes after it is the server's. 0: the
  // proxy has connected us.
  std::size_t wanted() const { return needed_ - part_.size(); }

  // The next bytes from the proxy, at most wanted(). EX_UNAVAILABLE, and a line that begins with "proxy failure: ",
  // when it refuses or what it says is not SOCKS 5; nothing may be fed then.
  Result<void> feed(std::string_view bytes);

 private:
  enum class Part : unsigned char { method, login, outcome, address_type, name_length, bound_address };

  Result<void> take_part(std::string_view part);
  Result<void> take_method(std::string_view part);
  Result<void> take_login(std::string_view part);
  Result<void> take_outcome(std::string_view part);
  Result<void> take_address_type(std::string_view part);
  void expect(Part awaited, std::size_t size);
  void ask_for_connection();

  ProxiedServer server_;
  std::string output_;
  Part awaited_ = Part::method;
  std::string part_;  // of what is awaited
  std::size_t needed_ = 0;
};

// Leads the exchange on STREAM, which is connected to the proxy, before DEADLINE passes; reads nothing of what follows
// it. EX_IOERR when the connection fails or ends, else the errors of SocksExchange.
Result<void> ask_proxy(Stream& stream, const ProxiedServer& server, const Deadline& deadline);

}  // namespace msmtp
