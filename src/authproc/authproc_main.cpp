// msmtp-authproc: finds the password, and then does nothing but answer challenges with it.
//
// Until it is sealed it may do what the user may, and hears nobody but its parent. Then it may only read
// and write what is open already, and hears the server.
#include "authproc/acquire.hpp"
#include "authproc/exchange.hpp"
#include "authproc/sasl.hpp"
#include "authproc/turn.hpp"
#include "common/child.hpp"
#include "common/sandbox.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <vector>

namespace msmtp {

namespace {

struct Prepared {
  SaslClient sasl;
  std::optional<Secret> first;
};

// While Kerberos waits for its network nobody listens to the parent: until this object goes, the end of the parent's
// CHANNEL is a signal, and the end of the process. (The signal of a dying parent does not always come: the parent may
// be a lesser user by then.)
class EndsWithParent {
 public:
  explicit EndsWithParent(const Fd& channel) : channel_(channel.number()), flags_(fcntl(channel_, F_GETFL)) {
    struct sigaction end = {};
    end.sa_handler = [](int) {
      const int before = errno;
      pollfd parent{parent_channel_number, 0, 0};
      if (poll(&parent, 1, 0) == 1) _exit(static_cast<int>(ExitCode::software));
      errno = before;
    };
    end.sa_flags = SA_RESTART;
    (void)sigaction(SIGIO, &end, nullptr);
    (void)fcntl(channel_, F_SETOWN, getpid());
    (void)fcntl(channel_, F_SETFL, flags_ | O_ASYNC);
  }
  ~EndsWithParent() { (void)fcntl(channel_, F_SETFL, flags_); }
  EndsWithParent(const EndsWithParent&) = delete;
  EndsWithParent& operator=(const EndsWithParent&) = delete;

 private:
  int channel_;
  int flags_;
};

// The first step is computed here, so that what the library loads or allocates late has been there once.
Result<Prepared> prepare(const Begin& begin, const Line<max_host>& host, const Text<4096>& user, const Secret* password,
                         const Fd& parent) {
  const EndsWithParent watch(parent);
  const Login login{user.view(),         password,     begin.service.view(), host.view(), begin.port,
                    begin.domain.view(), begin.binding};
  SaslClient sasl = TRY(SaslClient::start(begin.mechanism, login));
  std::optional<Secret> first = TRY(sasl.first());
  return Prepared{std::move(sasl), std::move(first)};
}

// The one question, or the one that is chosen of several once all of them are there. The others' passwords are wiped
// with them.
Result<Acquire> hear_question(ToParent& parent) {
  std::vector<Acquire> candidates;
  do {
    if (candidates.size() == max_candidates) return Unexpected{parent.socket().lied("too many candidates")};
    candidates.push_back(TRY(parent.expect_one<Acquire>(Deadline::never())));
  } while (candidates.back().more_follow);
  if (candidates.size() == 1) return std::move(candidates.front());
  const Choose choice = TRY(parent.expect_one<Choose>(Deadline::never()));
  if (choice.index >= candidates.size()) return Unexpected{parent.socket().lied("a choice that is none")};
  return std::move(candidates[choice.index]);
}

Result<ExitCode> serve(ToParent& parent, ToNetprocEnd& netproc) {
  Acquire question = TRY(hear_question(parent));
  const Line<max_host> host = question.host;
  const Text<4096> user = question.user;
  std::optional<Secret> password = TRY(acquire_password(std::move(question), parent.fd()));
  TRY(parent.send(Acquired{password.has_value()}));

  TRY(wait_for_turn(parent.fd(), netproc.fd()));
  const Begin begin = TRY(parent.expect_one<Begin>(Deadline::never()));
  Prepared prepared = TRY(prepare(begin, host, user, password ? &*password : nullptr, parent.fd()));
  password.reset();

  TRY(enter_stage(Stage::authproc_exchange));
  TRY(parent.send(Sealed{}));
  return lead_exchange(prepared.sasl, std::move(prepared.first), netproc, parent);
}

int run() {
  ToParent parent(Fd(parent_channel_number), "msmtp");
  ToNetprocEnd netproc(Fd(sasl_channel_number), "msmtp-netproc");
  const Result<ExitCode> served = serve(parent, netproc);
  if (served) return static_cast<int>(*served);
  // Whoever is gone needs no message, and the one that is left notices by itself.
  if (served.error().cause != Cause::peer_gone) (void)parent.send(failed(served.error()));
  return static_cast<int>(served.error().code);
}

}  // namespace

}  // namespace msmtp

int main() {
  msmtp::harden_process(true);
  return msmtp::run();
}
