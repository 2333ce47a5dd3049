// The resolver's executable, locked as it is in real life, and name servers of our own where the system lets us have
// a network and a resolv.conf of our own.
#include "common/address.hpp"
#include "common/channel.hpp"
#include "common/spawn.hpp"

#include <criterion/criterion.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;
using namespace std::chrono_literals;

namespace {

constexpr const char* program = "build/strict/libexec/msmtp/msmtp-resolver";

using ToChild = Channel<ToResolver, FromResolver>;

struct Resolver {
  ToChild channel;
  Child child;
};

Resolver start_resolver() {
  if (access(program, X_OK) != 0) cr_skip_test("the resolver has not been built");
  SocketPair pair = make_seqpacket_pair().value();
  std::vector<HandedFd> descriptors;
  for (const int number : {0, 1}) descriptors.push_back({Fd(open("/dev/null", O_RDWR | O_CLOEXEC)), number});
  descriptors.push_back({Fd(fcntl(2, F_DUPFD_CLOEXEC, 10)), 2});
  descriptors.push_back({std::move(pair.right), 3});
  return {ToChild(std::move(pair.left), "resolver"), spawn(program, std::move(descriptors), {}).value()};
}

void expect_end(Resolver& resolver, ExitCode code) {
  const auto status = resolver.child.wait(Deadline::in(10s));
  cr_assert(status.has_value());
  cr_expect(WIFEXITED(*status) && WEXITSTATUS(*status) == static_cast<int>(code), "%s",
            describe_wait_status(*status).c_str());
}

std::variant<Resolved, Failed> ask(const std::string& host) {
  Resolver resolver = start_resolver();
  cr_assert(resolver.channel.send(Resolve{Line<max_host>::from(host).value()}).has_value());
  auto answer = resolver.channel.expect<Resolved, Failed>(Deadline::in(40s));
  cr_assert(answer.has_value(), "%s", answer ? "" : answer.error().text.c_str());
  const auto* failure = std::get_if<Failed>(&answer.value());
  expect_end(resolver, failure != nullptr ? failure->code : ExitCode::ok);
  return std::move(answer).value();
}

std::vector<std::string> addresses(const std::string& host) {
  const auto answer = ask(host);
  std::vector<std::string> texts;
  if (const auto* failure = std::get_if<Failed>(&answer)) texts.push_back(failure->text.str());
  if (const auto* resolved = std::get_if<Resolved>(&answer)) {
    for (const Endpoint& endpoint : resolved->endpoints) texts.push_back(to_text(endpoint));
  }
  std::ranges::sort(texts);
  return texts;
}

// The answer to another QUESTION, or the failure's text.
template <class Answer, class Question>
std::variant<Answer, std::string> ask_for(const Question& question) {
  Resolver resolver = start_resolver();
  cr_assert(resolver.channel.send(question).has_value());
  auto answer = resolver.channel.expect<Answer, Failed>(Deadline::in(40s));
  cr_assert(answer.has_value(), "%s", answer ? "" : answer.error().text.c_str());
  const auto* failure = std::get_if<Failed>(&answer.value());
  expect_end(resolver, failure != nullptr ? failure->code : ExitCode::ok);
  if (failure != nullptr) return failure->text.str();
  return std::get<Answer>(std::move(answer).value());
}

void expect_failure(const std::string& host, ExitCode code, const std::string& reason) {
  const auto answer = ask(host);
  const auto* failure = std::get_if<Failed>(&answer);
  cr_assert_not_null(failure);
  cr_expect(failure->code == code, "code %d", static_cast<int>(failure->code));
  const std::string wanted = "cannot locate host " + host + ": " + reason;
  cr_expect(failure->text.str() == wanted, "got: %s", failure->text.str().c_str());
}

// ---- a name server for the names below ----

constexpr std::uint8_t no_such_name = 3;
constexpr std::uint8_t server_failure = 2;

// The answer to QUERY, which is one question without compression; TCP says how it came.
std::string dns_answer(std::string_view query, bool tcp) {
  std::size_t end = 12;
  while (end < query.size() && query[end] != 0) end += static_cast<std::size_t>(query[end]) + 1;
  const std::string_view name = query.substr(12, end - 12);
  const bool ipv6 = query[end + 2] == 28;
  const bool many = name.starts_with("\4many");
  std::uint8_t code = name.starts_with("\4none") ? no_such_name : name.starts_with("\4busy") ? server_failure : 0;
  const std::uint8_t count = code != 0 || (many && (!tcp || ipv6)) ? 0 : many ? 50 : 1;

  std::string answer(query.substr(0, end + 5));
  answer[2] = static_cast<char>(0x81 | (many && !tcp ? 2 : 0));  // a reply, truncated
  answer[3] = static_cast<char>(0x80 | code);
  answer[7] = static_cast<char>(count);
  answer[8] = answer[9] = answer[10] = answer[11] = 0;
  for (std::uint8_t i = 1; i <= count; ++i) {
    answer += std::string("\xc0\x0c\0", 3) + (ipv6 ? '\x1c' : '\1') + std::string("\0\1\0\0\0\x3c\0", 7);
    answer += ipv6 ? '\x10' : '\4';
    answer += ipv6 ? std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') : std::string("\xc0\0\2", 3);
    answer += static_cast<char>(i);
  }
  return answer;
}

void answer_over_udp(int socket_number) {
  char query[2000];
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const ssize_t count = recvfrom(socket_number, query, sizeof query, 0, reinterpret_cast<sockaddr*>(&peer), &size);
  if (count < 17) return;
  const std::string answer = dns_answer(std::string_view(query, static_cast<std::size_t>(count)), false);
  sendto(socket_number, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
}

// Questions come with their length before them, and perhaps two at once.
void answer_over_tcp(int listener) {
  const Fd fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  std::string pending;
  char piece[2000];
  ssize_t count = 0;
  while ((count = recv(fd.number(), piece, sizeof piece, 0)) > 0) {
    pending.append(piece, static_cast<std::size_t>(count));
    while (pending.size() > 2 && pending.size() >= 2U + static_cast<std::uint8_t>(pending[1])) {
      const auto size = static_cast<std::uint8_t>(pending[1]);
      std::string answer = dns_answer(std::string_view(pending).substr(2, size), true);
      pending.erase(0, 2U + size);
      answer.insert(0, {static_cast<char>(answer.size() >> 8), static_cast<char>(answer.size() & 255)});
      if (!write_all(fd, answer)) return;
    }
  }
}

Fd name_server_socket(int type) {
  Fd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  cr_assert_eq(bind(fd.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  if (type == SOCK_STREAM) cr_assert_eq(listen(fd.number(), 5), 0);
  return fd;
}

// In a process of its own, which ends with the test.
void start_name_server() {
  const Fd udp = name_server_socket(SOCK_DGRAM);
  const Fd tcp = name_server_socket(SOCK_STREAM);
  const pid_t pid = fork();
  cr_assert(pid >= 0);
  if (pid > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    pollfd entries[] = {{udp.number(), POLLIN, 0}, {tcp.number(), POLLIN, 0}};
    if (poll(entries, 2, -1) < 0) _exit(1);
    if (entries[0].revents != 0) answer_over_udp(udp.number());
    if (entries[1].revents != 0) answer_over_tcp(tcp.number());
  }
}

// ---- a network and a resolv.conf of our own ----

bool write_file(const char* path, const std::string& text) {
  const Fd fd(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  return fd.is_open() && write_all(fd, text).has_value();
}

bool raise_loopback() {
  const Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::string("lo").copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ioctl(fd.number(), SIOCSIFFLAGS, &request) == 0;
}

// A user namespace would give this to everybody, but a process with threads, as Criterion's are, cannot enter one.
bool leave_the_real_network() {
  return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 && raise_loopback() &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool replace_resolver_configuration() {
  char path[] = "/tmp/msmtp-resolv.XXXXXX";
  const Fd created(mkostemp(path, O_CLOEXEC));
  const bool replaced = created.is_open() && write_file(path, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n") &&
                        chmod(path, 0644) == 0 && mount(path, "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0;
  unlink(path);
  return replaced;
}

void enter_network_of_our_own() {
  if (!leave_the_real_network() || !replace_resolver_configuration()) {
    cr_skip_test("a network of our own needs root, and namespaces that are permitted");
  }
}

}  // namespace

Test(resolver, knows_localhost, .timeout = 60) {
  const auto texts = addresses("localhost");
  cr_assert_not(texts.empty());
  for (const std::string& text : texts) cr_expect(text == "127.0.0.1" || text == "::1", "%s", text.c_str());
}

Test(resolver, ends_when_the_parent_has_gone, .timeout = 60) {
  Resolver resolver = start_resolver();
  resolver.channel.close();
  expect_end(resolver, ExitCode::software);
}

Test(resolver, does_not_answer_what_is_no_question, .timeout = 60) {
  Resolver resolver = start_resolver();
  cr_assert(resolver.channel.socket().send("\x07nonsense", Deadline::in(5s)).has_value());
  expect_end(resolver, ExitCode::software);
}

Test(resolver, refuses_a_name_without_a_labels, .timeout = 60) {
  const auto answer = ask("\xff.example");
  cr_assert(std::holds_alternative<Failed>(answer));
  cr_expect(std::get<Failed>(answer).code == ExitCode::no_host);
}

Test(resolver, gives_the_addresses_of_both_families, .timeout = 60) {
  enter_network_of_our_own();
  start_name_server();
  cr_expect(addresses("ok.example") == (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  cr_expect(addresses("m\u00fcller.example") == (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
}

Test(resolver, asks_again_over_tcp_when_an_answer_is_truncated, .timeout = 60) {
  enter_network_of_our_own();
  start_name_server();
  cr_expect_eq(addresses("many.example").size(), 50);
}

Test(resolver, tells_no_such_host_from_trouble_with_name_servers, .timeout = 60) {
  enter_network_of_our_own();
  start_name_server();
  expect_failure("none.example", ExitCode::no_host, "Name or service not known");
  expect_failure("busy.example", ExitCode::temporary_failure, "Temporary failure in name resolution");
}

Test(resolver, reports_silent_name_servers_as_temporary, .timeout = 60) {
  enter_network_of_our_own();
  expect_failure("ok.example", ExitCode::temporary_failure, "Temporary failure in name resolution");
}

Test(resolver, knows_the_name_of_an_address, .timeout = 60) {
  enter_network_of_our_own();
  const auto local = ask_for<PeerName>(AskPeerName{{Family::ipv4, {127, 0, 0, 1}, 0}});
  cr_expect(std::holds_alternative<PeerName>(local));
  start_name_server();
  const auto none = ask_for<PeerName>(AskPeerName{{Family::ipv6, {0x20, 0x01, 0x0d, 0xb8}, 0}});
  cr_expect(std::holds_alternative<std::string>(none));
}

Test(resolver, knows_the_canonical_name_of_a_host, .timeout = 60) {
  enter_network_of_our_own();
  start_name_server();
  const auto found = ask_for<OwnName>(AskOwnName{Line<max_host>::from("ok.example").value()});
  cr_assert(std::holds_alternative<OwnName>(found));
  cr_expect(std::get<OwnName>(found).name.view() == "ok.example");
  cr_expect(
      std::holds_alternative<std::string>(ask_for<OwnName>(AskOwnName{Line<max_host>::from("none.example").value()})));
}

Test(resolver, says_which_service_records_it_has_not_found, .timeout = 60) {
  enter_network_of_our_own();
  start_name_server();
  const auto found = ask_for<Service>(AskService{Line<max_host>::from("m\u00fcller.example").value()});
  cr_assert(std::holds_alternative<std::string>(found));
  cr_expect(std::get<std::string>(found).find("xn--mller-kva.example") != std::string::npos, "%s",
            std::get<std::string>(found).c_str());
}
