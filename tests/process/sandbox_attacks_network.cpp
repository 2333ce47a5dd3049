// Attacks on the network: sockets of every kind, and every way to reach somebody with those that are there.
#include "tests/process/sandbox_attacks.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace msmtp::test {

namespace {

constexpr int protocol_mptcp = 262;

int socket_result(int family, int type, int protocol) {
  return errno_of(socket(family, type | SOCK_CLOEXEC, protocol));
}

sockaddr_in local_port(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A refused connection has reached the other side.
int connect_result(int fd, std::uint16_t port) {
  const sockaddr_in address = local_port(port);
  const int outcome = errno_of(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return outcome == ECONNREFUSED ? 0 : outcome;
}

int connect_anew(std::uint16_t port, int protocol) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol);
  return fd < 0 ? errno : connect_result(fd, port);
}

int connect_unix(std::string_view name) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return errno_of(connect(fd, reinterpret_cast<const sockaddr*>(&address), size));
}

int send_to(int fd, std::uint16_t port, int flags) {
  const sockaddr_in address = local_port(port);
  return errno_of(sendto(fd, "x", 1, flags, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int send_message_to(int fd, std::uint16_t port, int flags) {
  sockaddr_in address = local_port(port);
  char byte = 'x';
  iovec piece{&byte, 1};
  msghdr header{};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  return errno_of(sendmsg(fd, &header, flags));
}

int bind_result(int fd) {
  const sockaddr_in address = local_port(0);
  return errno_of(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int option_result(int fd, int level, int option) {
  const int on = 1;
  return errno_of(setsockopt(fd, level, option, &on, sizeof on));
}

// compose supervise resolve prepare connect handshake talk exchange server-fork serve token sign verifier-fork check
// keep
const Attack attacks[] = {
    {"a TCP socket", "--+++----------", [](const World&) { return socket_result(AF_INET, SOCK_STREAM, 0); }},
    {"a TCP socket, IPv6", "--+++----------",
     [](const World&) { return socket_result(AF_INET6, SOCK_STREAM, IPPROTO_TCP); }},
    {"a multipath TCP socket", "--uuuxx--------",
     [](const World&) { return socket_result(AF_INET, SOCK_STREAM, protocol_mptcp); }},
    {"a multipath TCP socket, IPv6", "--uuuxx--------",
     [](const World&) { return socket_result(AF_INET6, SOCK_STREAM, protocol_mptcp); }},
    {"an SCTP socket", "--uuuxx--------",
     [](const World&) { return socket_result(AF_INET, SOCK_STREAM, IPPROTO_SCTP); }},
    {"a UDP socket", "--+uuxx--------", [](const World&) { return socket_result(AF_INET, SOCK_DGRAM, 0); }},
    {"a UDP socket, IPv6", "--+uuxx--------",
     [](const World&) { return socket_result(AF_INET6, SOCK_DGRAM, IPPROTO_UDP); }},
    {"an echo socket", "--uuuxx--------",
     [](const World&) { return socket_result(AF_INET, SOCK_DGRAM, IPPROTO_ICMP); }},
    {"a raw socket", "--uuuxx--------", [](const World&) { return socket_result(AF_INET, SOCK_RAW, IPPROTO_ICMP); }},
    {"a socket of this machine", "---+------+----",
     [](const World&) { return socket_result(AF_UNIX, SOCK_STREAM, 0); }},
    {"a netlink socket", "---------------", [](const World&) { return socket_result(AF_NETLINK, SOCK_RAW, 0); }},
    {"a packet socket", "uuuuuuuuuuuuuuu", [](const World&) { return socket_result(AF_PACKET, SOCK_RAW, 0); }},
    {"a socket of the host", "uuuuuuuuuuuuuuu", [](const World&) { return socket_result(AF_VSOCK, SOCK_STREAM, 0); }},
    {"a socket of the kernel's ciphers", "uuuuuuuuuuuuuuu",
     [](const World&) { return socket_result(AF_ALG, SOCK_SEQPACKET, 0); }},
    {"a pair of sockets", "uuuuuuuuuuuuuuu",
     [](const World&) {
       int ends[2];
       return errno_of(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
     }},
    {"connect to the granted port", "--N++----------", [](const World& w) { return connect_anew(w.granted_port, 0); }},
    {"connect to another port", "--N+N----------", [](const World& w) { return connect_anew(w.other_port, 0); }},
    {"connect to a name server", "--++N----------", [](const World&) { return connect_anew(53, 0); }},
    {"connect over multipath TCP", "--uuuxx--------",
     [](const World& w) { return connect_anew(w.other_port, protocol_mptcp); }},
    {"connect an old socket", "uuN++uuuuuNuuuu",
     [](const World& w) { return connect_result(w.tcp_socket.number(), w.granted_port); }},
    {"connect an old socket to another port", "uuN+NuuuuuNuuuu",
     [](const World& w) { return connect_result(w.tcp_socket.number(), w.other_port); }},
    {"connect while sending", "uuuuuuuuuuuuuuu",
     [](const World& w) { return send_to(w.tcp_socket.number(), w.other_port, MSG_FASTOPEN); }},
    {"connect while sending a message", "uuuuuuuuuuuuuuu",
     [](const World& w) { return send_message_to(w.tcp_socket.number(), w.other_port, MSG_FASTOPEN); }},
    {"send a datagram to somebody", "uu+uuuuuuuuuuuu",
     [](const World& w) { return send_to(w.udp_socket.number(), w.other_port, 0); }},
    {"send datagrams to somebody", "uu+uuuuuuuuuuuu",
     [](const World& w) {
       sockaddr_in address = local_port(w.other_port);
       mmsghdr messages{};
       messages.msg_hdr.msg_name = &address;
       messages.msg_hdr.msg_namelen = sizeof address;
       return errno_of(sendmmsg(w.udp_socket.number(), &messages, 1, 0));
     }},
    {"connect to a socket's path", "---+------+----", [](const World& w) { return connect_unix(w.socket_path); }},
    {"connect to an abstract name", "---A------A----",
     [](const World& w) { return connect_unix(std::string(1, '\0') + w.abstract_name); }},
    {"take a port", "uuN+uuuuuuuuuuu", [](const World& w) { return bind_result(w.tcp_socket.number()); }},
    {"listen", "uuuuuuuuuuuuuuu", [](const World& w) { return errno_of(listen(w.tcp_socket.number(), 1)); }},
    {"accept", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(accept(w.tcp_socket.number(), nullptr, nullptr)); }},
    {"accept, the other call", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(accept4(w.tcp_socket.number(), nullptr, nullptr, SOCK_CLOEXEC)); }},
    {"attach a filter", "uuuuuuuuuuuuuuu",
     [](const World& w) { return option_result(w.udp_socket.number(), SOL_SOCKET, SO_ATTACH_FILTER); }},
    {"choose a device", "uuuuuuuuuuuuuuu",
     [](const World& w) { return option_result(w.udp_socket.number(), SOL_SOCKET, SO_BINDTODEVICE); }},
    {"change what TCP does", "uuuuuuuuuuuuuuu",
     [](const World& w) { return option_result(w.tcp_socket.number(), IPPROTO_TCP, TCP_ULP); }},
    {"send at once", "uuu++uuuuuuuuuu",
     [](const World& w) { return option_result(w.tcp_socket.number(), IPPROTO_TCP, TCP_NODELAY); }},
};

}  // namespace

std::span<const Attack> attacks_on_network() {
  return attacks;
}

}  // namespace msmtp::test
