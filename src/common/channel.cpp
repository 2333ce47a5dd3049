// Packets over a SOCK_SEQPACKET pair.
#include "common/channel.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace msmtp {

namespace {

// Room for more descriptors than anybody may send: a buffer for one would accept two, for the kernel
// rounds its size up. They are all owned, and so closed, before the packet is refused.
constexpr std::size_t max_descriptors = 16;

std::vector<Fd> own_descriptors(msghdr& header) {
  std::vector<Fd> owned;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(control) + i * sizeof number, sizeof number);
      owned.emplace_back(number);
    }
  }
  return owned;
}

// Room for the descriptors of one packet that is sent, as the kernel wants it.
struct HandedDescriptors {
  alignas(cmsghdr) char bytes[CMSG_SPACE(max_handed * sizeof(int))];

  void attach(msghdr& header, std::span<const Fd> descriptors) {
    header.msg_control = bytes;
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    std::memset(bytes, 0, sizeof bytes);
    cmsghdr* const control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    for (std::size_t i = 0; i < descriptors.size(); ++i) {
      const int number = descriptors[i].number();
      std::memcpy(CMSG_DATA(control) + i * sizeof number, &number, sizeof number);
    }
  }
};

// Waits for EVENTS; false when the deadline has passed.
bool wait_for(const Fd& fd, short events, const Deadline& deadline) {
  for (;;) {
    pollfd poll_fd{fd.number(), events, 0};
    const int ready = poll(&poll_fd, 1, deadline.poll_timeout());
    if (ready > 0) return true;
    if (ready == 0 && deadline.has_passed()) return false;
    if (ready < 0 && errno != EINTR) return true;  // the call that follows reports it
  }
}

}  // namespace

PacketSocket::PacketSocket(Fd fd, std::string_view peer) : fd_(std::move(fd)), peer_(peer) {}

Error PacketSocket::gone() const {
  return {ExitCode::software, peer_ + " has ended unexpectedly", {}, Cause::peer_gone};
}

Error PacketSocket::silent() const {
  return {ExitCode::software, peer_ + " does not answer", {}, Cause::peer_silent};
}

Error PacketSocket::lied(std::string_view what) const {
  return {ExitCode::software, peer_ + " has sent " + std::string(what), {}, Cause::peer_lied};
}

Result<bool> PacketSocket::try_send(std::string_view packet, std::span<const Fd> descriptors, std::string_view tail) {
  if (descriptors.size() > max_handed) return fail(ExitCode::software, "too many descriptors for " + peer_);
  iovec pieces[] = {{const_cast<char*>(packet.data()), packet.size()}, {const_cast<char*>(tail.data()), tail.size()}};
  msghdr header{};
  header.msg_iov = pieces;
  header.msg_iovlen = tail.empty() ? 1 : 2;
  HandedDescriptors handed;
  if (!descriptors.empty()) handed.attach(header, descriptors);
  for (;;) {
    const ssize_t sent = sendmsg(fd_.number(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return true;
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return false;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) return Unexpected{gone()};
    return fail(ExitCode::os_error, "cannot send to " + peer_ + ": " + error_text(errno));
  }
}

Result<void> PacketSocket::send(std::string_view packet, const Deadline& deadline, std::span<const Fd> descriptors) {
  while (!TRY(try_send(packet, descriptors))) {
    if (!wait_for(fd_, POLLOUT, deadline)) return Unexpected{silent()};
  }
  return {};
}

Result<std::string_view> PacketSocket::receive(const Deadline& deadline, std::span<Fd> wanted, std::size_t optional) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(max_packet);
  for (;;) {
    alignas(cmsghdr) char control[CMSG_SPACE(max_descriptors * sizeof(int))];
    iovec piece{buffer_.get(), max_packet};
    msghdr header{};
    header.msg_iov = &piece;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = recvmsg(fd_.number(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    std::vector<Fd> brought;
    if (size >= 0 && header.msg_controllen > 0)
      brought = own_descriptors(header);  // an empty packet can carry some too
    if (size > 0) {
      const std::string_view packet = TRY(accept_packet(static_cast<std::size_t>(size), header.msg_flags));
      TRY(hand_over(std::move(brought), wanted, optional));
      return packet;
    }
    if (size == 0) return Unexpected{gone()};
    // The other end went with packets unread. That is told once, and before what it sent itself: its last words come
    // with the next call, and the end after them.
    if (errno == EINTR || errno == ECONNRESET) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      return fail(ExitCode::os_error, "cannot receive from " + peer_ + ": " + error_text(errno));
    }
    if (!wait_for(fd_, POLLIN, deadline)) return Unexpected{silent()};
  }
}

Result<std::string_view> PacketSocket::accept_packet(std::size_t size, int flags) {
  received_ = size;
  if ((flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return Unexpected{lied("a message that is too long")};
  return std::string_view(buffer_.get(), size);
}

Result<void> PacketSocket::hand_over(std::vector<Fd> brought, std::span<Fd> wanted, std::size_t optional) {
  if (brought.size() > wanted.size()) return Unexpected{lied("a descriptor that nobody asked for")};
  if (brought.size() + optional < wanted.size()) return Unexpected{lied("a message without its descriptors")};
  std::ranges::move(brought, wanted.begin());
  return {};
}

void PacketSocket::finish_sending() {
  (void)shutdown(fd_.number(), SHUT_WR);
}

void PacketSocket::wipe_received() {
  if (buffer_) wipe_memory(buffer_.get(), received_);
}

}  // namespace msmtp
