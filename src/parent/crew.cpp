// The helpers of one submission.
#include "parent/crew.hpp"

#include "common/child.hpp"
#include "common/lesser_user.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

extern char** environ;

namespace msmtp {

std::vector<std::string> own_environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

namespace {

// What glibc's resolver is told by the user; everything else could only mislead a process that talks to strangers.
std::vector<std::string> resolver_environment() {
  std::vector<std::string> variables = own_environment();
  std::erase_if(variables, [](const std::string& variable) {
    return !variable.starts_with("RES_OPTIONS=") && !variable.starts_with("LOCALDOMAIN=");
  });
  return variables;
}

// Without a blank behind the program's name, so that they are told from the one that has no more than it.
constexpr std::string_view own_resolver_name = "msmtp-resolver[own-name]";
constexpr std::string_view peer_resolver_name = "msmtp-resolver[peer-name]";

// A signer that is gone without a word was killed, or the network child had failed before it. The network child says
// which: it names the signer, or its own reason.
Error why_no_key(Error error, Crew::Netproc& netproc) {
  if (error.cause != Cause::peer_gone) return error;
  const auto word = netproc.expect_one<Failed>(Deadline::in(std::chrono::milliseconds(500)));
  if (!word) return error;
  Error reason = error_of(*word);
  return reason.text.starts_with(std::string(signer_program) + ' ') ? error : reason;
}

}  // namespace

void CrewMember::drain_log(const std::function<void(const LogRecord&)>& sink) {
  // Not more than a pipe holds, for a helper that writes without end must not keep us from everything else.
  constexpr int most_reads = 16;
  char buffer[4096];
  for (int reads = 0; reads < most_reads && log.is_open(); ++reads) {
    const ssize_t size = read(log.number(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;
    if (size == 0) {
      log.close();  // poll() skips a descriptor of -1
      return;
    }
    for (const LogRecord& record : log_reader.feed({buffer, static_cast<std::size_t>(size)})) sink(record);
  }
}

void Crew::close_channels() {
  netproc.reset();
  signer.reset();
  authproc.reset();
  for (auto* one : {&resolver, &own_resolver, &peer_resolver}) one->reset();
  server.reset();
}

// A helper that ends closes its log pipe, which wakes us at once where a look now and then comes late. Not for long:
// what a command has left behind may have the pipe too.
void Crew::await_ends() {
  const Deadline soon = Deadline::in(std::chrono::milliseconds(5));
  for (CrewMember& member : members_) {
    while (member.log.is_open() && !soon.has_passed()) {
      pollfd log{member.log.number(), POLLIN, 0};
      (void)poll(&log, 1, soon.poll_timeout());
      member.drain_log(sink_);
    }
  }
}

Crew::~Crew() {
  close_channels();
  await_ends();
  const Deadline deadline = Deadline::in(std::chrono::milliseconds(300));
  for (CrewMember& member : members_) {
    member.log.close();
    if (member.process.pid() > 0) (void)member.process.wait(deadline);
  }
}

void Crew::leave_to_parent() {
  close_channels();
  members_.clear();
}

void Crew::take_netproc(std::string_view program, Fd channel, Fd log) {
  netproc.emplace(std::move(channel), program);
  add({std::string(program), Child(), std::move(log), {}});
}

void Crew::leave_netproc() {
  drain_logs();
  std::erase_if(members_, [this](const CrewMember& member) { return member.program == netproc->socket().peer(); });
  netproc.reset();
}

Result<std::vector<Fd>> Crew::ends_of_netproc() {
  std::vector<Fd> ends;
  const auto copy = [&ends](const Fd& fd) { ends.emplace_back(fcntl(fd.number(), F_DUPFD_CLOEXEC, 3)); };
  copy(netproc->fd());
  for (const CrewMember& member : members_) {
    if (member.program == netproc->socket().peer()) copy(member.log);
  }
  const bool all = ends.size() == 2 && ends[0].is_open() && ends[1].is_open();
  if (!all) return fail(ExitCode::os_error, "cannot duplicate a descriptor: " + error_text(errno));
  return ends;
}

bool Crew::wait(std::vector<Polled>& polled, const Deadline& deadline) {
  for (;;) {
    std::vector<pollfd> fds;
    for (const Polled& wanted : polled) fds.push_back({wanted.number, wanted.events, 0});
    for (const CrewMember& member : members_) fds.push_back({member.log.number(), POLLIN, 0});
    const int ready = poll(fds.data(), fds.size(), deadline.poll_timeout());
    if (ready < 0 && errno != EINTR) return false;
    // The pipes were looked at after POLLED, so what was logged before a message is seen no later than the message.
    for (std::size_t i = 0; ready > 0 && i < members_.size(); ++i) {
      if (fds[polled.size() + i].revents != 0) members_[i].drain_log(sink_);
    }
    bool any = false;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      polled[i].ready = ready > 0 && fds[i].revents != 0;
      any = any || polled[i].ready;
    }
    if (any) return true;
    if (deadline.has_passed()) return false;
  }
}

void Crew::drain_logs() {
  for (CrewMember& member : members_) member.drain_log(sink_);
}

Result<void> Crew::await_key() {
  if (!signer) return {};
  if (!key_) key_ = hear_signer();
  return *key_;
}

// The network child waits for the key too; before it is told where to connect, it has nothing to say but that it
// failed.
Result<void> Crew::hear_signer() {
  const Deadline now = Deadline::in(std::chrono::milliseconds(0));
  std::vector<Polled> polled{{signer->fd().number(), POLLIN}, {netproc->fd().number(), POLLIN}};
  if (!wait(polled, Deadline::never())) return Unexpected{signer->socket().silent()};
  if (!polled[0].ready) return fail(error_of(TRY(netproc->expect_one<Failed>(now))));
  const auto message = signer->expect<KeyLoaded, Failed>(now);
  if (!message) return Unexpected{why_no_key(message.error(), *netproc)};
  if (const Failed* failure = std::get_if<Failed>(&*message)) return fail(error_of(*failure));
  return {};
}

Error Crew::explain(Error error) {
  if (error.cause != Cause::peer_gone) return error;
  const auto member = std::ranges::find_if(
      members_, [&](const CrewMember& candidate) { return error.text.starts_with(candidate.program + ' '); });
  if (member == members_.end() || member->process.pid() <= 0) return error;
  if (const auto status = member->process.wait(Deadline::in(std::chrono::seconds(1)))) {
    error.text = member->program + " " + describe_wait_status(*status);
  }
  member->drain_log(sink_);
  return error;
}

Result<StartedMember> start_member(const std::string& directory, std::string_view program,
                                   std::vector<HandedFd> descriptors, const std::vector<std::string>& environment,
                                   ProcessGroup group) {
  SocketPair channel = TRY(make_seqpacket_pair());
  Pipe log = TRY(make_pipe());
  TRY(set_nonblocking(log.read_end));
  Fd input(open("/dev/null", O_RDWR | O_CLOEXEC));
  Fd output(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!input.is_open() || !output.is_open()) return fail(ExitCode::os_error, "/dev/null: " + error_text(errno));
  descriptors.push_back({std::move(input), STDIN_FILENO});
  descriptors.push_back({std::move(output), STDOUT_FILENO});
  descriptors.push_back({std::move(log.write_end), STDERR_FILENO});
  descriptors.push_back({std::move(channel.right), parent_channel_number});
  Child child = TRY(spawn(directory + '/' + std::string(program), std::move(descriptors), environment, {}, group));
  return StartedMember{{std::string(program), std::move(child), std::move(log.read_end), {}}, std::move(channel.left)};
}

Result<Fd> CrewStarter::start(std::string_view program, std::vector<HandedFd> descriptors,
                              const std::vector<std::string>& environment, std::string_view called,
                              ProcessGroup group) {
  StartedMember started = TRY(start_member(directory_, program, std::move(descriptors), environment, group));
  if (!called.empty()) started.member.program = std::string(called);
  crew_.add(std::move(started.member));
  return std::move(started.channel);
}

Result<void> CrewStarter::start_resolver() {
  return start_resolver(crew_.resolver, resolver_program);
}

Result<void> CrewStarter::start_own_resolver() {
  return start_resolver(crew_.own_resolver, own_resolver_name);
}

Result<void> CrewStarter::start_peer_resolver() {
  return start_resolver(crew_.peer_resolver, peer_resolver_name);
}

Result<void> CrewStarter::start_resolver(std::optional<Crew::Resolver>& resolver, std::string_view called) {
  resolver.emplace(TRY(start(resolver_program, {}, resolver_environment(), called)), called);
  return {};
}

Result<void> CrewStarter::start_signer() {
  SocketPair signing = TRY(make_seqpacket_pair());
  std::vector<HandedFd> for_signer;
  for_signer.push_back({std::move(signing.left), signing_channel_number});
  crew_.signer.emplace(TRY(start(signer_program, std::move(for_signer), own_environment())), signer_program);
  signing_end_ = std::move(signing.right);
  return {};
}

Result<void> CrewStarter::start_netproc(bool with_tls, bool with_sasl, ProcessGroup group) {
  std::vector<HandedFd> for_netproc;
  if (with_sasl) {
    SocketPair sasl = TRY(make_seqpacket_pair());
    std::vector<HandedFd> for_authproc;
    for_authproc.push_back({std::move(sasl.left), sasl_channel_number});
    for_netproc.push_back({std::move(sasl.right), sasl_channel_number});
    crew_.authproc.emplace(TRY(start(authproc_program, std::move(for_authproc), own_environment())), authproc_program);
  }
  if (signing_end_.is_open()) for_netproc.push_back({std::move(signing_end_), signing_channel_number});
  const std::string_view program = with_tls ? netproc_tls_program : netproc_program;
  const auto environment = TRY(environment_with_lesser_user());
  crew_.netproc.emplace(TRY(start(program, std::move(for_netproc), environment, {}, group)), program);
  return {};
}

Result<void> CrewStarter::start_server(Fd client_input, Fd client_output, std::optional<Fd> login) {
  std::vector<HandedFd> descriptors;
  descriptors.push_back({std::move(client_input), client_input_number});
  descriptors.push_back({std::move(client_output), client_output_number});
  if (login) descriptors.push_back({std::move(*login), login_channel_number});
  const auto environment = TRY(environment_with_lesser_user());
  crew_.server.emplace(TRY(start(server_program, std::move(descriptors), environment)), server_program);
  return {};
}

}  // namespace msmtp
