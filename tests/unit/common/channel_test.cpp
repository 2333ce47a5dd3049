// Channels: deadlines, ends, and what is said last.
#include <catch2/catch.hpp>

#include "common/channel.hpp"
#include "common/messages.hpp"

#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace msmtp {
namespace {

using Left = Channel<ToNetproc, FromNetproc>;
using Right = Channel<FromNetproc, ToNetproc>;

struct Pair {
  explicit Pair(SocketPair pair = make_seqpacket_pair().value())
      : left(std::move(pair.left), "the right"), right(std::move(pair.right), "the left") {}
  Left left;
  Right right;
};

Deadline soon() {
  return Deadline::in(std::chrono::milliseconds(20));
}

TEST_CASE("a message arrives as it was sent") {
  Pair pair;
  Recipients sent;
  sent.recipients.add({*Line<max_mailbox>::from("a@x.test")});
  REQUIRE(pair.left.send(sent));
  CHECK(*pair.right.expect_one<Recipients>(soon()) == sent);
}

TEST_CASE("bytes that are sent from where they lie arrive as any others") {
  Pair pair;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, max_body_piece}) {
    const std::string bytes(size, 'x');
    const Body sent{*BytesView<max_body_piece>::from(bytes)};
    REQUIRE(pair.left.try_send_in_place(sent).value());
    const auto received = pair.right.expect_one<Body>(soon());
    REQUIRE(received);
    CHECK(received->bytes.view() == bytes);
  }
}

TEST_CASE("a message that is not legal now is a lie that names it") {
  Pair pair;
  REQUIRE(pair.left.send(BodyEnd{}));
  const auto message = pair.right.expect<Prepare, Connect>(soon());
  REQUIRE_FALSE(message);
  CHECK(message.error().cause == Cause::peer_lied);
  CHECK(message.error().text == "the left has sent BodyEnd at the wrong time");
}

TEST_CASE("bytes that are no message are a lie") {
  Pair pair;
  REQUIRE(pair.left.socket().send(std::string(1, '\x77'), soon()));
  CHECK(pair.right.expect_one<Body>(soon()).error().cause == Cause::peer_lied);
}

TEST_CASE("silence ends with the deadline") {
  Pair pair;
  CHECK(pair.right.expect_one<Body>(soon()).error().cause == Cause::peer_silent);
}

TEST_CASE("a packet that nobody reads does not hold its sender for ever") {
  Pair pair;
  const std::string bytes(max_body_piece, 'x');
  const Body body{*BytesView<max_body_piece>::from(bytes)};
  Result<void> sent;
  for (int i = 0; i < 1000 && sent; ++i) sent = pair.left.send(body, Deadline::in(std::chrono::milliseconds(10)));
  REQUIRE_FALSE(sent);
  CHECK(sent.error().cause == Cause::peer_silent);
  CHECK(pair.left.try_send(body).value() == false);
}

TEST_CASE("an end that is closed is gone for both directions") {
  Pair pair;
  pair.left.close();
  CHECK(pair.right.expect_one<Body>(soon()).error().cause == Cause::peer_gone);
  CHECK(pair.right.send(BodyWanted{}).error().cause == Cause::peer_gone);
}

TEST_CASE("the last words of an end that left messages unread are heard, and then it is gone") {
  Pair pair;
  REQUIRE(pair.left.send(BodyEnd{}));
  REQUIRE(pair.right.send(BodyWanted{}));
  REQUIRE(pair.right.send(Failed{ExitCode::data_error, Text<4096>::cut("refused"), {}}));
  pair.right.close();
  CHECK(pair.left.expect_one<BodyWanted>(soon()));
  CHECK(pair.left.expect_one<Failed>(soon())->text.view() == "refused");
  CHECK(pair.left.expect_one<Failed>(soon()).error().cause == Cause::peer_gone);
}

TEST_CASE("a packet longer than any message is a lie") {
  Pair pair;
  const int size = 1 << 20;
  setsockopt(pair.left.fd().number(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  REQUIRE(pair.left.socket().send(std::string(max_packet + 1, 'x'), soon()));
  CHECK(pair.right.socket().receive(soon()).error().cause == Cause::peer_lied);
}

// Sends COUNT descriptors along with a valid message.
void send_with_descriptors(int socket, std::size_t count) {
  std::string packet;
  encode<ToNetproc>(BodyEnd{}, packet);
  iovec piece{packet.data(), packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(count * sizeof(int));
  for (std::size_t i = 0; i < count; ++i) std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &socket, sizeof socket);
  REQUIRE(sendmsg(socket, &header, 0) == static_cast<ssize_t>(packet.size()));
}

int lowest_free_descriptor() {
  const Fd fd(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  return fd.number();
}

TEST_CASE("descriptors that come along are closed, and the message is a lie") {
  const std::size_t count = GENERATE(1U, 2U, 16U);
  Pair pair;
  const int before = lowest_free_descriptor();
  send_with_descriptors(pair.left.fd().number(), count);
  CHECK(pair.right.expect_one<BodyEnd>(soon()).error().cause == Cause::peer_lied);
  CHECK(lowest_free_descriptor() == before);
}

}  // namespace
}  // namespace msmtp
