// The helpers of one submission, or of one SMTP session: their channels, their log pipes, and how they end.
#pragma once

#include "common/channel.hpp"
#include "common/child_log_reader.hpp"
#include "common/messages.hpp"
#include "common/spawn.hpp"

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace msmtp {

// One helper as the parent sees it.
struct CrewMember {
  std::string program;  // "msmtp-netproc": what it is called in messages
  Child process;
  Fd log;  // the pipe that its stderr is
  ChildLogReader log_reader;

  // Hands SINK what the log pipe has now, and closes it at its end.
  void drain_log(const std::function<void(const LogRecord&)>& sink);
};

struct StartedMember {
  CrewMember member;
  Fd channel;  // our end
};

// Starts PROGRAM of DIRECTORY with /dev/null, a log pipe, a channel, and DESCRIPTORS beside them.
Result<StartedMember> start_member(const std::string& directory, std::string_view program,
                                   std::vector<HandedFd> descriptors, const std::vector<std::string>& environment,
                                   ProcessGroup group = ProcessGroup::ours);

// Ours, for what runs the user's commands.
std::vector<std::string> own_environment();

class Crew {
 public:
  using Netproc = Channel<ToNetproc, FromNetproc>;
  using Authproc = Channel<ToAuthproc, FromAuthproc>;
  using Signer = Channel<ToSigner, FromSigner>;
  using Resolver = Channel<ToResolver, FromResolver>;
  using Server = Channel<ToServer, FromServer>;
  using LogSink = std::function<void(const LogRecord&)>;

  explicit Crew(LogSink sink) : sink_(std::move(sink)) {}
  // Closes the channels, upon which every helper ends, and reaps them: where nobody inherits orphans (a container's
  // first process may not), they would stay as zombies. One that does not end in time is left to the system.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  std::optional<Netproc> netproc;
  std::optional<Authproc> authproc;
  std::optional<Resolver> resolver;       // of what we connect to
  std::optional<Resolver> own_resolver;   // of this machine's name
  std::optional<Resolver> peer_resolver;  // of the server's name
  std::optional<Signer> signer;
  std::optional<Server> server;

  // In a child that was forked: the helpers are its parent's, and it must not keep them from seeing that one end.
  void leave_to_parent();

  // The network child that was started by somebody else, and is lent to us.
  void take_netproc(std::string_view program, Fd channel, Fd log);
  // The network child goes on without us: we neither close its session nor wait for its end.
  void leave_netproc();
  // Copies of our ends of its channel and log pipe.
  Result<std::vector<Fd>> ends_of_netproc();

  void add(CrewMember member) { members_.push_back(std::move(member)); }

  // Waits until one of POLLED has something, or DEADLINE passes (then false). What the helpers log meanwhile goes to
  // the sink, and so does what was logged before the messages that are ready now.
  struct Polled {
    int number;
    short events;
    bool ready = false;  // out
  };
  bool wait(std::vector<Polled>& polled, const Deadline& deadline);

  // Passes on what is in the log pipes now.
  void drain_logs();

  // Waits until the signer has its key; nobody is asked for a PIN after that. Its error, or the network child's when
  // that ended meanwhile, and again whenever it is called. Nothing to wait for without a signer.
  Result<void> await_key();

  // The error as the user should read it: for a helper that is gone, how it ended.
  Error explain(Error error);

 private:
  void close_channels();
  void await_ends();
  Result<void> hear_signer();

  std::optional<Result<void>> key_;

  std::vector<CrewMember> members_;
  LogSink sink_;
};

// Starts the helpers of one submission.
class CrewStarter {
 public:
  CrewStarter(std::string directory, Crew& crew) : directory_(std::move(directory)), crew_(crew) {}

  // Each resolver answers one question.
  Result<void> start_resolver();
  Result<void> start_own_resolver();
  Result<void> start_peer_resolver();
  // Before netproc, which is given the other end of its channel; with the environment of the user.
  Result<void> start_signer();
  // With TLS another executable is started than without. WITH_SASL: authproc is started too, with the environment of
  // the user, which passwordeval needs; the others get none of it.
  // In a process GROUP of its own it outlives what ends ours.
  Result<void> start_netproc(bool with_tls, bool with_sasl, ProcessGroup group = ProcessGroup::ours);
  // The client's descriptors are the server's from now on. LOGIN: its end of the channel to a verifier.
  Result<void> start_server(Fd client_input, Fd client_output, std::optional<Fd> login = {});

 private:
  Result<Fd> start(std::string_view program, std::vector<HandedFd> descriptors,
                   const std::vector<std::string>& environment, std::string_view called = {},
                   ProcessGroup group = ProcessGroup::ours);
  Result<void> start_resolver(std::optional<Crew::Resolver>& resolver, std::string_view called);

  std::string directory_;
  Crew& crew_;
  Fd signing_end_;
};

}  // namespace msmtp
