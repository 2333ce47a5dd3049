// The sockets that msmtpd listens on: its own, or those that a service manager made for it.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "parent/daemon_user.hpp"
#include "parent/listen_address.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace msmtp {

struct ListeningSocket {
  Fd fd;
  std::string name;  // "127.0.0.1 port 25", "unix:/run/msmtpd/submit"
};

class ListeningSockets {
 public:
  // Each of PORTS on each inet interface, and the unix sockets, which will belong to OWNER. A unix socket that its
  // process left behind is replaced. Errors: EX_UNAVAILABLE for an address that is in use, or not this machine's;
  // EX_NOPERM for a port that is not for everybody; EX_CANTCREAT for a path at which there is something else.
  static Result<ListeningSockets> bind(const std::vector<Interface>& interfaces,
                                       const std::vector<std::uint16_t>& ports, const DaemonUser& owner);
  // Sockets that listen already.
  static Result<ListeningSockets> adopt(std::vector<Fd> sockets);

  ListeningSockets(ListeningSockets&&) = default;
  ListeningSockets& operator=(ListeningSockets&&) = default;
  ~ListeningSockets() { close(); }

  // From now on clients can connect.
  Result<void> listen();
  const std::vector<ListeningSocket>& all() const { return sockets_; }
  // "127.0.0.1 port 25, unix:/run/msmtpd/submit".
  std::string names() const;
  // Nobody can connect any more. Paths that are ours still are taken away.
  void close();

 private:
  struct Path {
    std::string path;
    dev_t device;
    ino_t number;
  };

  ListeningSockets() = default;
  Result<void> bind_inet(const Endpoint& endpoint, std::uint16_t port);
  Result<void> bind_unix(const UnixInterface& interface, const DaemonUser& owner);

  std::vector<ListeningSocket> sockets_;
  std::vector<Path> paths_;
};

}  // namespace msmtp
