// sink: an SMTP and LMTP server for one thread that takes every mail, throws it away, and counts what the client did.
//
//   sink [--listen ADDRESS] [--port N] [--lmtp] [--tls starttls|implicit --certificate FILE --key FILE]
//        [--login USER:PASSWORD] [--hashes FILE] [--no-pipelining] [--no-chunking] [--delay-ms N]
//        [--pause-after OCTETS --pause-ms N]
//
// It prints its port on a line, and its counts as JSON when SIGTERM ends it.
#include "sink_connection.hpp"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <map>

namespace msmtp {

namespace {

class Sink {
 public:
  Sink(Fd listener, Fd signals, SinkBehaviour behaviour)
      : listener_(std::move(listener)), signals_(std::move(signals)), behaviour_(std::move(behaviour)) {
    watch(listener_.number(), EPOLLIN, EPOLL_CTL_ADD);
    watch(signals_.number(), EPOLLIN, EPOLL_CTL_ADD);
  }

  // Until SIGTERM or SIGINT.
  SinkCounts run() {
    while (!ended_) {
      std::array<epoll_event, 64> events{};
      const int count = wait(events);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
      timers();
    }
    connections_.clear();
    return counts_;
  }

 private:
  struct Client {
    std::unique_ptr<SinkConnection> connection;
    std::uint32_t watched = EPOLLIN;
  };

  void watch(int number, std::uint32_t events, int how) {
    epoll_event event{};
    event.events = events;
    event.data.fd = number;
    need(epoll_ctl(poll_.number(), how, number, &event), "epoll_ctl");
  }

  int wait(std::array<epoll_event, 64>& events) {
    std::optional<Nanoseconds> next;
    if (behaviour_.delay != 0 || behaviour_.pause_after != 0) {
      for (const auto& [number, client] : connections_) {
        const auto time = client.connection->next_time();
        if (time && (!next || *time < *next)) next = time;
      }
    }
    if (!next) return std::max(0, epoll_wait(poll_.number(), events.data(), static_cast<int>(events.size()), -1));
    const Nanoseconds left = std::max<Nanoseconds>(0, *next - now());
    const timespec limit = {left / one_second, left % one_second};
    return std::max(0, epoll_pwait2(poll_.number(), events.data(), static_cast<int>(events.size()), &limit, nullptr));
  }

  void handle(const epoll_event& event) {
    if (event.data.fd == signals_.number()) {
      ended_ = true;
    } else if (event.data.fd == listener_.number()) {
      accept_all();
    } else if (const auto client = connections_.find(event.data.fd); client != connections_.end()) {
      SinkConnection& connection = *client->second.connection;
      if ((event.events & EPOLLOUT) != 0) connection.send_due();
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !connection.is_over()) connection.read();
      settle(client);
    }
  }

  void accept_all() {
    for (;;) {
      Fd socket(accept4(listener_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket.is_open()) return;
      const int number = socket.number();
      watch(number, EPOLLIN, EPOLL_CTL_ADD);
      Client newcomer;
      newcomer.connection = std::make_unique<SinkConnection>(std::move(socket), behaviour_, counts_);
      const auto client = connections_.insert_or_assign(number, std::move(newcomer)).first;
      client->second.connection->send_due();
      settle(client);
    }
  }

  void timers() {
    if (behaviour_.delay == 0 && behaviour_.pause_after == 0) return;
    for (auto client = connections_.begin(); client != connections_.end();) {
      const auto next = std::next(client);
      const auto time = client->second.connection->next_time();
      if (time && *time <= now()) {
        client->second.connection->send_due();
        settle(client);
      }
      client = next;
    }
  }

  void settle(std::map<int, Client>::iterator client) {
    const SinkConnection& connection = *client->second.connection;
    if (connection.is_over()) {
      connections_.erase(client);
      return;
    }
    std::uint32_t wanted = connection.is_reading() ? std::uint32_t{EPOLLIN} : 0;
    if (connection.has_due_answers()) wanted |= EPOLLOUT;
    if (wanted == client->second.watched) return;
    client->second.watched = wanted;
    watch(connection.number(), wanted, EPOLL_CTL_MOD);
  }

  Fd listener_;
  Fd signals_;
  SinkBehaviour behaviour_;
  SinkCounts counts_;
  Fd poll_{need(epoll_create1(EPOLL_CLOEXEC), "epoll")};
  std::map<int, Client> connections_;
  bool ended_ = false;
};

Fd ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return Fd(need(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd"));
}

int run(std::span<char*> arguments) {
  SinkBehaviour behaviour;
  SinkSettings& dialogue = behaviour.dialogue;
  std::string address = "127.0.0.1", tls, certificate, key;
  std::int64_t port = 0, delay = 0, pause_after = 0, pause = 0;
  bool no_pipelining = false, no_chunking = false;
  const auto rest = take_options(arguments, {{.name = "--listen", .text = &address},
                                             {.name = "--port", .number = &port},
                                             {.name = "--lmtp", .flag = &dialogue.lmtp},
                                             {.name = "--tls", .text = &tls},
                                             {.name = "--certificate", .text = &certificate},
                                             {.name = "--key", .text = &key},
                                             {.name = "--login", .text = &dialogue.login},
                                             {.name = "--hashes", .text = &dialogue.hashes_file},
                                             {.name = "--no-pipelining", .flag = &no_pipelining},
                                             {.name = "--no-chunking", .flag = &no_chunking},
                                             {.name = "--delay-ms", .number = &delay},
                                             {.name = "--pause-after", .number = &pause_after},
                                             {.name = "--pause-ms", .number = &pause}});
  if (!rest.empty() || (!tls.empty() && tls != "starttls" && tls != "implicit")) give_up("sink: see its first lines");
  dialogue.pipelining = !no_pipelining;
  dialogue.chunking = !no_chunking;
  dialogue.starttls = tls == "starttls";
  behaviour.tls_at_once = tls == "implicit";
  if (!tls.empty()) behaviour.tls = std::make_shared<SinkTlsContext>(certificate, key);
  behaviour.delay = delay * one_millisecond;
  behaviour.pause_after = static_cast<std::uint64_t>(pause_after);
  behaviour.pause = pause * one_millisecond;

  Fd signals = ending_signals();
  Fd listener = listen_at(address, static_cast<int>(port));
  std::printf("%d\n", port_of(listener));
  std::fflush(stdout);
  const SinkCounts counts = Sink(std::move(listener), std::move(signals), std::move(behaviour)).run();
  std::printf("%s\n", as_json(counts).c_str());
  return 0;
}

}  // namespace

}  // namespace msmtp

int main(int argc, char** argv) {
  return msmtp::run(std::span(argv, static_cast<std::size_t>(argc)));
}
