// Helpers whose parts a test plays: forked processes with a script, at the other ends of a crew's channels.
#pragma once

#include "common/child.hpp"
#include "common/child_log.hpp"
#include "parent/crew.hpp"

#include <criterion/criterion.h>

#include <csignal>
#include <functional>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace msmtp::test {

using NetprocEnd = Channel<FromNetproc, ToNetproc>;
using AuthprocEnd = Channel<FromAuthproc, ToAuthproc>;
using ResolverEnd = Channel<FromResolver, ToResolver>;
using ServerEnd = Channel<FromServer, ToServer>;

inline Deadline in_ten_seconds() {
  return Deadline::in(std::chrono::seconds(10));
}

// A crew without executables. Its helpers are gone when it goes.
class PlayedCrew {
 public:
  PlayedCrew() : crew([this](const LogRecord& record) { records.push_back(record); }) {}
  ~PlayedCrew() {
    for (const pid_t pid : pids_) kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
  }
  PlayedCrew(const PlayedCrew&) = delete;
  PlayedCrew& operator=(const PlayedCrew&) = delete;

  pid_t play_netproc(const std::function<void(NetprocEnd&)>& script) {
    return play<NetprocEnd>(crew.netproc, netproc_program, script);
  }
  pid_t play_authproc(const std::function<void(AuthprocEnd&)>& script) {
    return play<AuthprocEnd>(crew.authproc, authproc_program, script);
  }
  pid_t play_resolver(const std::function<void(ResolverEnd&)>& script) {
    return play<ResolverEnd>(crew.resolver, resolver_program, script);
  }
  pid_t play_server(const std::function<void(ServerEnd&)>& script) {
    return play<ServerEnd>(crew.server, server_program, script);
  }
  // A second resolver, as CALLED in messages.
  pid_t play_peer_resolver(std::string_view called, const std::function<void(ResolverEnd&)>& script) {
    return play<ResolverEnd>(crew.peer_resolver, called, script);
  }
  pid_t play_own_resolver(std::string_view called, const std::function<void(ResolverEnd&)>& script) {
    return play<ResolverEnd>(crew.own_resolver, called, script);
  }

  std::vector<LogRecord> records;
  Crew crew;

 private:
  template <class End, class ParentsEnd>
  pid_t play(std::optional<ParentsEnd>& ours, std::string_view program, const std::function<void(End&)>& script) {
    SocketPair pair = make_seqpacket_pair().value();
    Pipe log = make_pipe().value();
    cr_assert(set_nonblocking(log.read_end).has_value());
    const pid_t pid = fork();
    cr_assert(pid >= 0, "no process");  // -1 would be everybody to kill(2)
    if (pid == 0) {
      // Its own ends and no others, as if it had been started; and no longer than the test, however that ends.
      prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      dup2(log.write_end.number(), STDERR_FILENO);
      dup2(pair.right.number(), parent_channel_number);
      for (int number = parent_channel_number + 1; number < 256; ++number) ::close(number);
      End end(Fd(parent_channel_number), "msmtp");
      script(end);
      _exit(0);
    }
    ours.emplace(std::move(pair.left), program);
    crew.add({std::string(program), Child(pid), std::move(log.read_end), {}});
    pids_.push_back(pid);
    return pid;
  }

  std::vector<pid_t> pids_;
};

}  // namespace msmtp::test
