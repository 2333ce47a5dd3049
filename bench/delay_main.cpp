// delay: a line with a round-trip time between two network namespaces that it makes, one for a server and one for a
// client.
//
//   delay --rtt-ms N --server COMMAND --client COMMAND
//
// Both are commands for /bin/sh. The client starts when the server has printed a line (its output goes on to ours); the
// server gets SIGTERM when the client has ended, and the client's status is ours. The client is 10.77.0.1, the
// server 10.77.0.2; packets to other addresses of 10.77.0.0/24 are lost, as to a machine that is off. Needs root or
// unprivileged user namespaces: exit code 77 where there are neither, or no TUN devices.
#include "util.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>

namespace msmtp {

namespace {

constexpr int cannot_run_here = 77;

[[noreturn]] void cannot(std::string_view what) {
  std::fprintf(stderr, "bench: no delay line here: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
               std::strerror(errno));
  std::exit(cannot_run_here);
}

// One end: a namespace, and the device in it whose packets we carry.
struct End {
  Fd space;
  Fd device;
};

void write_file(const char* path, const std::string& text) {
  const Fd file(open(path, O_WRONLY | O_CLOEXEC));
  if (!file.is_open() || write(file.number(), text.data(), text.size()) < 0) cannot(path);
}

// Whoever is not root becomes it in a namespace of its own.
void become_root() {
  const auto user = geteuid();
  const auto group = getegid();
  if (user == 0) return;
  if (unshare(CLONE_NEWUSER) != 0) cannot("user namespaces");
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", std::to_string(user) + " " + std::to_string(user) + " 1");
  write_file("/proc/self/gid_map", std::to_string(group) + " " + std::to_string(group) + " 1");
}

sockaddr address(const char* text) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  inet_pton(AF_INET, text, &place.sin_addr);
  sockaddr result{};
  std::memcpy(&result, &place, sizeof result);
  return result;
}

void bring_up(const Fd& socket, const char* name, const char* own_address) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (own_address != nullptr) {
    request.ifr_addr = address(own_address);
    if (ioctl(socket.number(), SIOCSIFADDR, &request) != 0) cannot("address");
    request.ifr_netmask = address("255.255.255.0");
    if (ioctl(socket.number(), SIOCSIFNETMASK, &request) != 0) cannot("netmask");
  }
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(socket.number(), SIOCSIFFLAGS, &request) != 0) cannot("interface");
}

// Moves this process into a new namespace and makes the end there.
End make_end(const char* own_address) {
  if (unshare(CLONE_NEWNET) != 0) cannot("network namespaces");
  End end;
  end.device = Fd(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!end.device.is_open()) cannot("/dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, "line", IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(end.device.number(), TUNSETIFF, &request) != 0) cannot("TUN");
  const Fd socket(need(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  bring_up(socket, "lo", nullptr);
  bring_up(socket, "line", own_address);
  end.space = Fd(need(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "namespace"));
  return end;
}

// Starts COMMAND in the namespace of END, with OUTPUT as its standard output unless that is closed.
pid_t start(const std::string& command, const End& end, const Fd& output) {
  const pid_t pid = need(fork(), "fork");
  if (pid != 0) return pid;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  need(setns(end.space.number(), CLONE_NEWNET), "setns");
  if (output.is_open()) need(dup2(output.number(), 1), "dup2");
  execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  give_up_errno("/bin/sh");
}

// Packets on their way in one direction.
class Line {
 public:
  Line(const Fd& from, const Fd& to, Nanoseconds time) : from_(from), to_(to), time_(time) {}

  void take() {
    for (;;) {
      static std::array<char, 65536> buffer;
      const ssize_t count = read(from_.number(), buffer.data(), buffer.size());
      if (count <= 0) return;
      packets_.push_back({now() + time_, std::string(buffer.data(), static_cast<std::size_t>(count))});
    }
  }

  void deliver() {
    while (!packets_.empty() && packets_.front().due <= now()) {
      const std::string& bytes = packets_.front().bytes;
      static_cast<void>(!write(to_.number(), bytes.data(), bytes.size()));  // a packet may be lost
      packets_.pop_front();
    }
  }

  Nanoseconds next() const { return packets_.empty() ? one_second + now() : packets_.front().due; }

 private:
  struct Packet {
    Nanoseconds due;
    std::string bytes;
  };
  const Fd& from_;
  const Fd& to_;
  Nanoseconds time_;
  std::deque<Packet> packets_;
};

// Until CHILD has ended; gives its status.
int carry(const End& client, const End& server, Nanoseconds round_trip, pid_t child, const Fd& signals) {
  Line there(client.device, server.device, round_trip / 2), back(server.device, client.device, round_trip / 2);
  for (;;) {
    std::array<pollfd, 3> ready = {
        {{client.device.number(), POLLIN, 0}, {server.device.number(), POLLIN, 0}, {signals.number(), POLLIN, 0}}};
    const Nanoseconds left = std::max<Nanoseconds>(0, std::min(there.next(), back.next()) - now());
    const timespec limit = {left / one_second, left % one_second};
    ppoll(ready.data(), ready.size(), &limit, nullptr);
    there.take();
    back.take();
    there.deliver();
    back.deliver();
    if (ready[2].revents == 0) continue;
    signalfd_siginfo info{};
    int status = 0;
    while (read(signals.number(), &info, sizeof info) == sizeof info) {
      if (info.ssi_signo != SIGCHLD) kill(child, SIGTERM);
    }
    if (waitpid(child, &status, WNOHANG) == child) return status;
  }
}

Fd all_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return Fd(need(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

// Waits until the server has printed a line, and passes on what it printed.
void await_line(const Fd& output) {
  char c = 0;
  do {
    if (read(output.number(), &c, 1) != 1) give_up("delay: the server did not start");
  } while (c != '\n');
}

void pass_on(const Fd& output) {
  std::array<char, 4096> buffer;
  ssize_t count = 0;
  while ((count = read(output.number(), buffer.data(), buffer.size())) > 0) {
    static_cast<void>(!write(2, buffer.data(), static_cast<std::size_t>(count)));
  }
}

int run(std::span<char*> arguments) {
  std::int64_t round_trip = 20;
  std::string server_command, client_command;
  const auto rest = take_options(arguments, {{.name = "--rtt-ms", .number = &round_trip},
                                             {.name = "--server", .text = &server_command},
                                             {.name = "--client", .text = &client_command}});
  if (!rest.empty() || server_command.empty() || client_command.empty()) give_up("delay: see its first lines");
  const Fd signals = all_signals();
  become_root();
  const End client = make_end("10.77.0.1");
  const End server = make_end("10.77.0.2");
  Result<Pipe> pipe = make_pipe();
  if (!pipe) give_up("pipe");
  const pid_t server_process = start(server_command, server, pipe->write_end);
  pipe->write_end.close();
  await_line(pipe->read_end);
  const pid_t client_process = start(client_command, client, Fd());
  const int status = carry(client, server, round_trip * one_millisecond, client_process, signals);
  kill(server_process, SIGTERM);
  pass_on(pipe->read_end);
  waitpid(server_process, nullptr, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

}  // namespace msmtp

int main(int argc, char** argv) {
  return msmtp::run(std::span(argv, static_cast<std::size_t>(argc)));
}
