// One end of a SOCK_SEQPACKET pair: one message a packet, closed sets of messages in both directions,
// a deadline on everything. Whoever sends what is not legal now is taken for broken, and gets no answer.
#pragma once

#include "common/codec.hpp"
#include "common/deadline.hpp"
#include "common/fd.hpp"
#include "common/result.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace msmtp {

// The largest packet: the longest field (64 KiB) and what stands around it.
inline constexpr std::size_t max_packet = 66 * 1024;

// How many descriptors one packet can bring.
inline constexpr std::size_t max_handed = 4;

// Packets without a meaning. Errors: Cause::peer_gone when the other end is closed, Cause::peer_silent
// when the deadline passes, Cause::peer_lied for a packet that is too long or carries another number of descriptors
// than it has to.
class PacketSocket {
 public:
  // PEER is what messages call the process at the other end, for example "msmtp-netproc".
  PacketSocket(Fd fd, std::string_view peer);

  const Fd& fd() const { return fd_; }
  std::string_view peer() const { return peer_; }
  bool is_open() const { return fd_.is_open(); }
  void close() { fd_.close(); }

  // Of DESCRIPTORS, at most max_handed, the other end gets copies.
  Result<void> send(std::string_view packet, const Deadline& deadline, std::span<const Fd> descriptors = {});
  // Sends when that is possible at once: false when the other end has to read first. TAIL is the end of the packet,
  // where it lies elsewhere.
  Result<bool> try_send(std::string_view packet, std::span<const Fd> descriptors = {}, std::string_view tail = {});
  // The packet lies in this object's buffer until the next receive. It has to bring as many descriptors as WANTED has
  // elements, which own them then; the last OPTIONAL of them may be missing.
  Result<std::string_view> receive(const Deadline& deadline, std::span<Fd> wanted = {}, std::size_t optional = 0);
  // Overwrites what the last receive left in the buffer.
  void wipe_received();

  // No more messages from us: the other end sees the end of the stream and may still answer.
  void finish_sending();

  Error lied(std::string_view what) const;
  Error silent() const;

 private:
  Error gone() const;
  Result<std::string_view> accept_packet(std::size_t size, int flags);
  Result<void> hand_over(std::vector<Fd> brought, std::span<Fd> wanted, std::size_t optional);

  Fd fd_;
  std::string peer_;
  std::unique_ptr<char[]> buffer_;
  std::size_t received_ = 0;
};

template <class Outgoing, class Incoming>
class Channel {
 public:
  Channel(Fd fd, std::string_view peer) : socket_(std::move(fd), peer) {}

  PacketSocket& socket() { return socket_; }
  const Fd& fd() const { return socket_.fd(); }
  void close() { socket_.close(); }

  template <Fielded Message>
  Result<void> send(const Message& message, const Deadline& deadline = Deadline::never(),
                    std::span<const Fd> descriptors = {}) {
    pack(message, codec::holds_secret(message));
    auto sent = socket_.send(packet_, deadline, descriptors);
    forget_packet(codec::holds_secret(message));
    return sent;
  }

  // The same for a message of which only the sender knows that its bytes are secret.
  template <Fielded Message>
  Result<void> send_secret(const Message& message, const Deadline& deadline) {
    pack(message, true);
    auto sent = socket_.send(packet_, deadline);
    forget_packet(true);
    return sent;
  }

  template <Fielded Message>
  Result<bool> try_send(const Message& message, std::span<const Fd> descriptors = {}) {
    pack(message, codec::holds_secret(message));
    auto sent = socket_.try_send(packet_, descriptors);
    forget_packet(codec::holds_secret(message));
    return sent;
  }

  // The same for a message that ends in bytes, which are taken from where they lie.
  template <EndsInBytes Message>
  Result<bool> try_send_in_place(const Message& message) {
    Message without = message;
    without.bytes = {};
    pack(without, false);
    const std::string_view bytes = message.bytes.view();
    codec::set_size_of_last_bytes(packet_, bytes.size());
    return socket_.try_send(packet_, {}, bytes);
  }

  // The next message, which must be one of MESSAGES: what is legal now. A BytesView in it is good
  // until the next call. It has to bring exactly as many descriptors as DESCRIPTORS has elements, of which only the
  // last OPTIONAL may be missing. Anything else is an error with Cause::peer_lied.
  template <Fielded... Messages>
  Result<std::variant<Messages...>> expect(const Deadline& deadline, std::span<Fd> descriptors = {},
                                           std::size_t optional = 0) {
    const std::string_view packet = TRY(socket_.receive(deadline, descriptors, optional));
    std::optional<Incoming> message = decode<Incoming>(packet);
    if (!message) return Unexpected{socket_.lied("something that is no message")};
    return std::visit([this](auto& alternative) { return this->template narrow<Messages...>(alternative); }, *message);
  }

  // The same for a single legal message.
  template <Fielded Message>
  Result<Message> expect_one(const Deadline& deadline, std::span<Fd> descriptors = {}, std::size_t optional = 0) {
    auto message = TRY(expect<Message>(deadline, descriptors, optional));
    return std::get<0>(std::move(message));
  }

 private:
  template <class... Messages, class Alternative>
  Result<std::variant<Messages...>> narrow(Alternative& alternative) {
    if (codec::holds_secret(alternative)) socket_.wipe_received();
    if constexpr ((std::same_as<Alternative, Messages> || ...)) {
      return std::variant<Messages...>(std::move(alternative));
    } else {
      return Unexpected{socket_.lied(std::string(Alternative::message_name) + " at the wrong time")};
    }
  }

  template <class Message>
  void pack(const Message& message, bool is_secret) {
    // A secret must not be left behind in blocks that a growing string gave back.
    if (is_secret) packet_.reserve(max_packet);
    packet_.clear();
    encode<Outgoing>(message, packet_);
  }

  void forget_packet(bool is_secret) {
    if (is_secret) wipe_memory(packet_.data(), packet_.size());
  }

  PacketSocket socket_;
  std::string packet_;
};

}  // namespace msmtp
