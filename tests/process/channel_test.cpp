// Channels between processes: whoever lies is found out, and neither descriptors nor secrets stay behind.
#include "common/channel.hpp"
#include "common/messages.hpp"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;
using namespace std::chrono_literals;

namespace {

using Parent = Channel<ToAuthproc, FromAuthproc>;
using Authproc = Channel<FromAuthproc, ToAuthproc>;

struct Pair {
  explicit Pair(SocketPair pair = make_seqpacket_pair().value())
      : parent(std::move(pair.left), "msmtp-authproc"), authproc(std::move(pair.right), "msmtp") {}
  Parent parent;
  Authproc authproc;
};

Deadline soon() {
  return Deadline::in(50ms);
}

// A message with a field of every kind, but no secret in it.
Acquire question() {
  Acquire message;
  message.user = *Text<4096>::from("joe");
  message.host = *Line<max_host>::from("mail.example");
  message.source = PasswordSource::evaluate;
  message.command = *Text<48 * 1024>::from("pass show mail");
  return message;
}

std::string packed(const Acquire& message) {
  std::string packet;
  encode<ToAuthproc>(message, packet);
  return packet;
}

Cause cause_of(Pair& pair, std::string_view packet) {
  cr_assert(pair.parent.socket().send(packet, soon()).has_value());
  const auto message = pair.authproc.expect_one<Acquire>(soon());
  return message ? Cause::plain : message.error().cause;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int number = 0; number < 1000; ++number) count += fcntl(number, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

// Sends PACKET and COUNT descriptors, at most as many as the kernel takes (253).
void send_with_descriptors(const Fd& socket, std::string packet, std::size_t count) {
  iovec piece{packet.data(), packet.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(253 * sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(count * sizeof(int));
  const int number = socket.number();
  for (std::size_t i = 0; i < count; ++i) std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &number, sizeof number);
  cr_assert(sendmsg(socket.number(), &header, 0) == static_cast<ssize_t>(packet.size()));
}

struct Count {
  std::size_t descriptors;
  bool empty_packet;
};
Count counts[] = {{1, false},   {2, false},   {15, false}, {16, false}, {17, false},
                  {100, false}, {253, false}, {1, true},   {16, true}};

}  // namespace

Test(channel, a_packet_that_is_cut_anywhere_is_a_lie) {
  const std::string whole = packed(question());
  for (std::size_t size = 1; size < whole.size(); ++size) {
    Pair pair;
    cr_expect(cause_of(pair, whole.substr(0, size)) == Cause::peer_lied, "%zu of %zu bytes", size, whole.size());
  }
  Pair pair;
  cr_expect(cause_of(pair, whole) == Cause::plain);
}

Test(channel, bytes_after_a_message_are_a_lie) {
  for (const std::size_t count : {1, 2, 1000}) {
    Pair pair;
    cr_expect(cause_of(pair, packed(question()) + std::string(count, '\0')) == Cause::peer_lied);
  }
}

Test(channel, an_index_that_is_no_message_is_a_lie) {
  for (int index = static_cast<int>(std::variant_size_v<ToAuthproc>); index < 256; ++index) {
    Pair pair;
    std::string packet = packed(question());
    packet[0] = static_cast<char>(index);
    cr_expect(cause_of(pair, packet) == Cause::peer_lied, "%d", index);
  }
}

Test(channel, a_length_beyond_the_packet_or_the_bound_is_a_lie) {
  // The first field is the user: its length stands behind the index.
  for (const std::uint32_t length : {4U, 4097U, 65536U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    Pair pair;
    std::string packet = packed(question());
    std::memcpy(packet.data() + 1, &length, sizeof length);
    cr_expect(cause_of(pair, packet) == Cause::peer_lied, "%u", length);
  }
}

Test(channel, an_empty_packet_is_an_end) {
  Pair pair;
  cr_expect(cause_of(pair, "") == Cause::peer_gone);
}

Test(channel, the_largest_packet_arrives_and_a_larger_one_is_a_lie) {
  Pair pair;
  const int size = 1 << 20;
  setsockopt(pair.parent.fd().number(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  cr_assert(pair.parent.socket().send(std::string(max_packet, 'x'), soon()).has_value());
  cr_expect(pair.authproc.socket().receive(soon())->size() == max_packet);
  cr_assert(pair.parent.socket().send(std::string(max_packet + 1, 'x'), soon()).has_value());
  cr_expect(pair.authproc.socket().receive(soon()).error().cause == Cause::peer_lied);
}

ParameterizedTestParameters(channel, descriptors_that_come_along_are_closed_and_the_message_is_refused) {
  return cr_make_param_array(Count, counts, std::size(counts));
}
ParameterizedTest(Count* parameter, channel, descriptors_that_come_along_are_closed_and_the_message_is_refused) {
  Pair pair;
  (void)pair.authproc.expect_one<Acquire>(Deadline::in(0ms));  // the buffer is there
  const std::size_t before = open_descriptors();
  const std::string packet = parameter->empty_packet ? "" : packed(question());
  send_with_descriptors(pair.parent.fd(), packet, parameter->descriptors);
  const auto message = pair.authproc.expect_one<Acquire>(soon());
  cr_assert(!message.has_value());
  cr_expect(message.error().cause == (parameter->empty_packet ? Cause::peer_gone : Cause::peer_lied));
  cr_expect(open_descriptors() == before, "%zu instead of %zu", open_descriptors(), before);
}

Test(channel, a_peer_that_is_killed_is_gone_and_sends_no_signal_to_us) {
  std::signal(SIGPIPE, SIG_DFL);
  SocketPair sockets = make_seqpacket_pair().value();
  const pid_t peer = fork();
  if (peer == 0) pause();
  sockets.right.close();
  Parent parent(std::move(sockets.left), "msmtp-authproc");
  cr_expect(parent.expect_one<Acquired>(soon()).error().cause == Cause::peer_silent);
  kill(peer, SIGKILL);
  waitpid(peer, nullptr, 0);
  const auto heard = parent.expect_one<Acquired>(Deadline::in(5s));
  cr_expect(heard.error().cause == Cause::peer_gone);
  cr_expect(heard.error().text == "msmtp-authproc has ended unexpectedly");
  cr_expect(heard.error().code == ExitCode::software);
  for (int i = 0; i < 3; ++i) cr_expect(parent.send(question(), soon()).error().cause == Cause::peer_gone);
  cr_expect(parent.try_send(question()).error().cause == Cause::peer_gone);
}

Test(channel, silence_ends_with_the_deadline_and_not_before) {
  Pair pair;
  const auto start = Deadline::Clock::now();
  const auto heard = pair.parent.expect_one<Acquired>(Deadline::in(120ms));
  const auto waited = Deadline::Clock::now() - start;
  cr_expect(heard.error().cause == Cause::peer_silent);
  cr_expect(heard.error().text == "msmtp-authproc does not answer");
  cr_expect(waited >= 120ms && waited < 2s);
}

Test(channel, signals_do_not_lengthen_a_deadline) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, nullptr);
  const pid_t pest = fork();
  if (pest == 0) {
    for (int i = 0; i < 300; ++i) kill(getppid(), SIGALRM), usleep(10'000);
    _exit(0);
  }
  Pair pair;
  const auto start = Deadline::Clock::now();
  cr_expect(pair.parent.expect_one<Acquired>(Deadline::in(200ms)).error().cause == Cause::peer_silent);
  cr_expect(Deadline::Clock::now() - start < 1s);
  kill(pest, SIGKILL);
  waitpid(pest, nullptr, 0);
}

Test(channel, every_message_but_the_legal_one_is_a_lie_that_is_named) {
  Pair pair;
  cr_assert(pair.authproc.send(Sealed{}, soon()).has_value());
  const auto heard = pair.parent.expect<Acquired, Failed>(soon());
  cr_assert(!heard.has_value());
  cr_expect(heard.error().cause == Cause::peer_lied);
  cr_expect(heard.error().text == "msmtp-authproc has sent Sealed at the wrong time");
}

Test(channel, a_reader_that_does_not_read_holds_nobody) {
  Pair pair;
  Result<bool> sent(true);
  int count = 0;
  while (sent && *sent && ++count < 100'000) sent = pair.authproc.try_send(Acquired{});
  cr_assert(sent.has_value() && !*sent);
  cr_expect(pair.authproc.send(Acquired{}, soon()).error().cause == Cause::peer_silent);
}

// ---- secrets ----

namespace {

// The secret is made of two parts, so that the place where they meet is nowhere in this executable; it has three.
constexpr int meetings = 3;

Secret make_secret() {
  auto secret = Secret::with_capacity(200);
  for (int i = 0; i <= meetings; ++i) secret.append("correct-horse-"), secret.append("battery-staple-");
  return secret;
}

std::string place_of_meeting() {
  std::string text = "staple-";
  text += "correct-";
  return text;
}

std::size_t occurrences_in(std::string_view memory, std::string_view needle) {
  std::size_t count = 0;
  for (std::size_t at = memory.find(needle); at != std::string_view::npos; at = memory.find(needle, at + 1)) ++count;
  return count;
}

// How often the secret's parts meet in this process' writable memory. A child looks for it, so that what is looked for
// is not found itself.
int occurrences_in_memory() {
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  Pipe go = make_pipe().value();
  const pid_t target = getpid();
  const pid_t reader = fork();
  if (reader == 0) {
    char byte;
    (void)!read(go.read_end.number(), &byte, 1);
    const std::string needle = place_of_meeting();
    std::ifstream maps("/proc/" + std::to_string(target) + "/maps");
    std::ifstream memory("/proc/" + std::to_string(target) + "/mem", std::ios::binary);
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);) {
      unsigned long begin = 0, end = 0;
      char access[5] = "";
      if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, access) != 3 || access[1] != 'w') continue;
      std::string bytes(end - begin, '\0');
      memory.clear();
      memory.seekg(static_cast<std::streamoff>(begin));
      memory.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      count += occurrences_in(std::string_view(bytes).substr(0, static_cast<std::size_t>(memory.gcount())), needle);
    }
    _exit(static_cast<int>(std::min<std::size_t>(count, 100)));
  }
  cr_assert(write(go.write_end.number(), "g", 1) == 1);
  int status = 0;
  waitpid(reader, &status, 0);
  cr_assert(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// Sends MESSAGE to somebody who takes it, to somebody who does not want it, and to nobody.
void send_in_every_way(const Acquire& message) {
  Pair pair;
  (void)pair.parent.send(message, soon());
  (void)pair.authproc.expect_one<Acquire>(soon());
  (void)pair.parent.send(message, soon());
  (void)pair.authproc.expect_one<Begin>(soon());
  pair.authproc.close();
  (void)pair.parent.send(message, soon());
}

// A symbol that is bound when it is first called is bound with the registers, and what they just copied, on the stack.
// The programs bind theirs when they start; this one has to call everything once.
void bind_symbols() {
  Acquire message = question();
  message.password.secret = Secret::copy_of("this is no secret at all, and nobody looks for it");
  send_in_every_way(message);
  cr_assert(occurrences_in_memory() == 0);
}

}  // namespace

Test(channel, of_a_secret_that_was_sent_and_received_only_its_owners_copies_remain) {
  bind_symbols();
  Pair pair;
  {
    Acquire message = question();
    message.source = PasswordSource::given;
    message.password.secret = make_secret();
    cr_expect(occurrences_in_memory() == meetings, "the owner has it, and it can be found");
    cr_assert(pair.parent.send(message, soon()).has_value());
    cr_expect(occurrences_in_memory() == meetings, "sent, and still the owner's alone");
    auto received = pair.authproc.expect_one<Acquire>(soon());
    cr_assert(received.has_value());
    cr_expect(received->password.secret.size() == message.password.secret.size());
    cr_expect(occurrences_in_memory() == 2 * meetings, "both owners have it, and nobody else");
  }
  cr_expect(occurrences_in_memory() == 0, "let go on both sides");
}

Test(channel, a_secret_that_comes_at_the_wrong_time_does_not_stay_either) {
  bind_symbols();
  Pair pair;
  {
    Acquire message = question();
    message.password.secret = make_secret();
    cr_assert(pair.parent.send(message, soon()).has_value());
  }
  const auto received = pair.authproc.expect_one<Begin>(soon());
  cr_expect(!received.has_value());
  cr_expect(occurrences_in_memory() == 0);
}

Test(channel, a_secret_that_nobody_takes_does_not_stay_with_its_sender) {
  bind_symbols();
  Pair pair;
  pair.authproc.close();
  {
    Acquire message = question();
    message.password.secret = make_secret();
    cr_expect(pair.parent.send(message, soon()).error().cause == Cause::peer_gone);
  }
  cr_expect(occurrences_in_memory() == 0);
}
