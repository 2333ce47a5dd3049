// AUTH in a session: the client's lines to the verifier, and its word back. What has held a password is overwritten
// when the exchange is over.
#include "netproc/smtp_server.hpp"

#include <chrono>
#include <utility>

namespace msmtp {

namespace {

// The verifier answers at once, or after the second that a failed login costs.
constexpr std::chrono::seconds patience(30);

}  // namespace

Result<bool> SmtpServer::perform(const TakeLogin& action) {
  const auto end = TRY(lead_login(action));
  if (!end) return false;
  if (end == LoginEnd::accepted || end == LoginEnd::unavailable) verifier_.reset();
  const ServerAction told = dialogue_.login_ended(*end);
  return std::visit([this](const auto& wanted) { return perform(wanted); }, told);
}

// Nothing when the session is over.
Result<std::optional<LoginEnd>> SmtpServer::lead_login(const TakeLogin& action) {
  const auto initial = decode_initial_response(action.response.value_or("="));
  if (!initial) return std::optional(LoginEnd::malformed);
  auto word = begin_login(action.mechanism, action.response ? &*initial : nullptr);
  for (std::size_t steps = 0; word && steps <= max_sasl_steps; ++steps) {
    if (const auto* verdict = std::get_if<Verdict>(&*word)) {
      return std::optional(verdict->accepted ? LoginEnd::accepted : LoginEnd::refused);
    }
    const ClientTurn turn = TRY(ask_client(std::get<Challenge>(*word)));
    if (const auto* response = std::get_if<Secret>(&turn)) {
      word = tell_verifier(response);
      continue;
    }
    (void)verifier_->send(Cancel{}, Deadline::in(patience));
    const auto* end = std::get_if<LoginEnd>(&turn);
    return end == nullptr ? std::optional<LoginEnd>() : std::optional(*end);
  }
  return std::optional(LoginEnd::unavailable);
}

Result<SmtpServer::VerifierWord> SmtpServer::begin_login(Mechanism mechanism, const Secret* initial) {
  if (!verifier_) return fail(ExitCode::software, "there is no verifier");
  TRY(verifier_->send(LoginStart{mechanism}, Deadline::in(patience)));
  return tell_verifier(initial);
}

Result<SmtpServer::VerifierWord> SmtpServer::tell_verifier(const Secret* response) {
  const auto bytes = BytesView<max_sasl_message>::from(response == nullptr ? "" : response->reveal());
  TRY(verifier_->send_secret(Response{response != nullptr, *bytes}, Deadline::in(patience)));
  return verifier_->expect<Challenge, Verdict>(Deadline::in(patience));
}

Result<SmtpServer::ClientTurn> SmtpServer::ask_client(const Challenge& challenge) {
  const auto asked = challenge_line(challenge.bytes.view());
  if (!asked) return ClientTurn(LoginEnd::too_long);
  replies_ += *asked;
  const auto line = TRY(next_line());
  return line ? turn_in(*line) : ClientTurn(SessionOver{});
}

SmtpServer::ClientTurn SmtpServer::turn_in(const ClientLine& line) const {
  if (line.too_long) return LoginEnd::too_long;
  if (line.text == "*") return LoginEnd::cancelled;
  if (!line.crlf && !settings_.lf_lines) return LoginEnd::malformed;
  auto response = decode_login_response(line.text);
  if (!response) return LoginEnd::malformed;
  return std::move(*response);
}

// What the client has sent up to here, also when AUTH was refused: there may have been a password behind it.
void SmtpServer::wipe_login() {
  lines_.wipe();
  const char* const end = unread_.empty() ? input_.get() + input_size : unread_.data();
  wipe_memory(input_.get(), static_cast<std::size_t>(end - input_.get()));
}

}  // namespace msmtp
