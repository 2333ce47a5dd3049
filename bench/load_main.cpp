// load: clients of an SMTP server, all at once; how many sessions and mails a second, and how long each takes.
//
//   load (--port N [--address A] | --unix PATH) [--clients N] [--mails N] [--size OCTETS]
//        [--seconds N | --sessions N | --hold-ms N] [--patience SECONDS] [--limit SECONDS]
//
// Each client begins a new session when its last one ended, until the time is over or all sessions are done; with
// --hold-ms each has one session, which says EHLO and stays. The limit is for the whole. One line of JSON.
#include "load_client.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

namespace msmtp {

namespace {

struct Load {
  std::int64_t clients = 1;
  std::int64_t sessions = 0;  // all of them; 0: as many as there is time for
  Nanoseconds time = 0;
  Nanoseconds patience = 0;
  Nanoseconds limit = 0;
};

class Crowd {
 public:
  Crowd(const Load& load, const LoadSettings& settings, LoadTimes& times) : load_(load), settings_(settings) {
    for (std::int64_t i = 0; i < load.clients; ++i) clients_.push_back(std::make_unique<LoadClient>(settings, times));
  }

  // How long it took.
  Nanoseconds run() {
    const Nanoseconds begin = now();
    for (auto& client : clients_) start(*client, begin);
    Nanoseconds looked = begin;
    while (open_ > 0) {
      std::array<epoll_event, 64> events{};
      const int count = std::max(0, epoll_wait(poll_.number(), events.data(), events.size(), 20));
      for (int i = 0; i < count; ++i) {
        LoadClient& client = *static_cast<LoadClient*>(events[static_cast<std::size_t>(i)].data.ptr);
        client.read();
        if (client.is_over()) restart(client, begin);
      }
      if (now() - looked >= 20 * one_millisecond) {
        looked = now();
        look_at_the_clock(begin);
      }
    }
    return now() - begin;
  }

 private:
  bool goes_on(Nanoseconds begin) const {
    if (settings_.hold != 0) return begun_ < load_.clients;
    if (load_.limit != 0 && now() - begin >= load_.limit) return false;
    return load_.sessions != 0 ? begun_ < load_.sessions : now() - begin < load_.time;
  }

  void start(LoadClient& client, Nanoseconds begin) {
    while (goes_on(begin)) {
      ++begun_;
      client.begin();
      if (client.is_over()) continue;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &client;
      need(epoll_ctl(poll_.number(), EPOLL_CTL_ADD, client.number(), &event), "epoll_ctl");
      ++open_;
      return;
    }
  }

  void restart(LoadClient& client, Nanoseconds begin) {
    --open_;
    start(client, begin);
  }

  void look_at_the_clock(Nanoseconds begin) {
    const bool is_late = load_.limit != 0 && now() - begin >= load_.limit;
    for (auto& client : clients_) {
      if (client->is_over()) continue;
      client->look_at_the_clock(is_late ? 0 : load_.patience);
      if (client->is_over()) restart(*client, begin);
    }
  }

  const Load& load_;
  const LoadSettings& settings_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  Fd poll_{need(epoll_create1(EPOLL_CLOEXEC), "epoll")};
  std::int64_t begun_ = 0;
  std::int64_t open_ = 0;
};

// Lines of 76 characters, about SIZE octets, and the final dot.
std::string content_of(std::int64_t size) {
  std::string content = "From: <sender@example.com>\r\nTo: <recipient@example.com>\r\nSubject: load\r\n\r\n";
  while (static_cast<std::int64_t>(content.size()) < size) content += std::string(74, 'x') + "\r\n";
  return content + ".\r\n";
}

// The value that a HUNDREDTH of all are below.
double percentile(std::vector<Nanoseconds>& values, std::size_t hundredth) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * hundredth / 100);
  std::nth_element(values.begin(), place, values.end());
  return static_cast<double>(*place) / one_millisecond;
}

void print(LoadTimes& times, Nanoseconds taken) {
  const double seconds = static_cast<double>(taken) / one_second;
  std::printf(
      "{\"sessions\":%llu,\"mails\":%zu,\"greeted\":%llu,\"failed\":%llu,\"seconds\":%.4f,\"sessions_a_second\":%.1f,"
      "\"mails_a_second\":%.1f,\"mail_p50_ms\":%.4f,\"mail_p99_ms\":%.4f,\"banner_p50_ms\":%.4f,"
      "\"banner_p99_ms\":%.4f,\"why\":%s}\n",
      static_cast<unsigned long long>(times.sessions), times.mails.size(),
      static_cast<unsigned long long>(times.greeted), static_cast<unsigned long long>(times.failed), seconds,
      static_cast<double>(times.sessions) / seconds, static_cast<double>(times.mails.size()) / seconds,
      percentile(times.mails, 50), percentile(times.mails, 99), percentile(times.banners, 50),
      percentile(times.banners, 99), quoted(times.why).c_str());
}

int run(std::span<char*> arguments) {
  LoadSettings settings;
  Load load;
  std::int64_t port = 0, size = 2000, seconds = 2, hold = 0, patience = 10, limit = 0;
  const auto rest = take_options(arguments, {{.name = "--address", .text = &settings.address},
                                             {.name = "--port", .number = &port},
                                             {.name = "--unix", .text = &settings.unix_path},
                                             {.name = "--clients", .number = &load.clients},
                                             {.name = "--mails", .number = &settings.mails},
                                             {.name = "--size", .number = &size},
                                             {.name = "--seconds", .number = &seconds},
                                             {.name = "--sessions", .number = &load.sessions},
                                             {.name = "--hold-ms", .number = &hold},
                                             {.name = "--patience", .number = &patience},
                                             {.name = "--limit", .number = &limit}});
  if (!rest.empty() || (port == 0) == settings.unix_path.empty()) give_up("load: see its first lines");
  settings.port = static_cast<int>(port);
  settings.content = content_of(size);
  settings.hold = hold * one_millisecond;
  load.time = seconds * one_second;
  load.patience = patience * one_second;
  load.limit = limit * one_second;
  signal(SIGPIPE, SIG_IGN);

  LoadTimes times;
  const Nanoseconds taken = Crowd(load, settings, times).run();
  print(times, taken);
  return 0;
}

}  // namespace

}  // namespace msmtp

int main(int argc, char** argv) {
  return msmtp::run(std::span(argv, static_cast<std::size_t>(argc)));
}
