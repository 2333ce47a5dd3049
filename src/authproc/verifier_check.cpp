// One session's logins.
#include "authproc/verifier_check.hpp"

#include <chrono>
#include <poll.h>
#include <utility>
#include <variant>

namespace msmtp {

namespace {

constexpr int delay_in_milliseconds = 1000;
constexpr std::chrono::seconds patience(30);

class Check {
 public:
  Check(const CheckPlan& plan, CheckToServer& server, CheckToSession& session)
      : plan_(plan), server_(server), session_(session) {}

  Result<void> run();

 private:
  using Answer = std::variant<Response, Cancel>;

  Result<bool> exchange(Mechanism mechanism);
  Result<bool> accept(const std::string& proof);
  Result<void> refuse();
  Result<Answer> challenge(std::string_view bytes);
  void delay() const;

  const CheckPlan& plan_;
  CheckToServer& server_;
  CheckToSession& session_;
  int failed_ = 0;
};

Result<void> Check::run() {
  while (failed_ < max_failed_logins) {
    const LoginStart start = TRY(server_.expect_one<LoginStart>(Deadline::never()));
    if (TRY(exchange(start.mechanism))) break;
  }
  return {};
}

// True when the client is who it says it is.
Result<bool> Check::exchange(Mechanism mechanism) {
  SaslServer sasl = TRY(SaslServer::start(plan_.library, plan_.credentials, mechanism));
  Answer answer = TRY((server_.expect<Response, Cancel>(Deadline::never())));
  for (std::size_t steps = 0; steps < max_sasl_steps; ++steps) {
    const auto* response = std::get_if<Response>(&answer);
    if (response == nullptr) return false;
    const std::string_view bytes = response->bytes.view();
    const SaslTurn turn = steps > 0           ? sasl.step(bytes)
                          : response->present ? sasl.begin(bytes)
                                              : sasl.begin(std::nullopt);
    server_.socket().wipe_received();
    if (turn.kind == SaslTurn::Kind::accepted) return accept(turn.challenge);
    if (turn.kind == SaslTurn::Kind::refused) break;
    answer = TRY(challenge(turn.challenge));
  }
  TRY(refuse());
  return false;
}

// The proof that the server knows the password as well says already that the client does: it must not be quicker than
// the verdict.
Result<bool> Check::accept(const std::string& proof) {
  if (plan_.always_delay || plan_.failed_logins.is_recent()) delay();
  if (!proof.empty()) {
    const Answer answer = TRY(challenge(proof));
    if (std::holds_alternative<Cancel>(answer)) return false;
  }
  TRY(session_.send(Verified{Text<4096>::cut(plan_.credentials.user())}, Deadline::in(patience)));
  TRY(server_.send(Verdict{true}, Deadline::in(patience)));
  return true;
}

Result<void> Check::refuse() {
  ++failed_;
  plan_.failed_logins.report();
  delay();
  return server_.send(Verdict{false}, Deadline::in(patience));
}

Result<Check::Answer> Check::challenge(std::string_view bytes) {
  const auto challenge = BytesView<max_sasl_message>::from(bytes);
  if (!challenge) return fail(ExitCode::software, "a challenge is too long");
  TRY(server_.send(Challenge{*challenge}, Deadline::in(patience)));
  return server_.expect<Response, Cancel>(Deadline::never());
}

// Not when the server is gone.
void Check::delay() const {
  pollfd server{server_.fd().number(), 0, 0};
  (void)poll(&server, 1, delay_in_milliseconds);
}

}  // namespace

Result<void> check_logins(const CheckPlan& plan, CheckToServer& server, CheckToSession& session) {
  auto checked = Check(plan, server, session).run();
  if (!checked && checked.error().cause == Cause::peer_gone) return {};
  return checked;
}

}  // namespace msmtp
