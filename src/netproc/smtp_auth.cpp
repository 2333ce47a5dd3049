// The AUTH exchange.
#include "netproc/smtp_auth.hpp"

#include "common/base64.hpp"
#include "common/secret.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

namespace msmtp {

namespace {

constexpr int accepted = 235;
constexpr int challenged = 334;

bool sends_token(Mechanism mechanism) {
  return mechanism == Mechanism::oauthbearer || mechanism == Mechanism::xoauth2;
}

// JSON, where servers keep to RFC 7628, 3.2.2.
std::string as_line(std::string_view explanation) {
  constexpr std::size_t longest = 300;
  std::string line(explanation.substr(0, longest));
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return line;
}

class Exchange {
 public:
  Exchange(SmtpConnection& server, Mechanism mechanism, SaslChannel& sasl)
      : server_(server), mechanism_(mechanism), sasl_(sasl) {}

  Result<void> run();

 private:
  Result<Reply> begin();
  Result<Reply> send_response(std::string_view response);
  Result<Reply> answer(const Reply& challenge);
  Result<void> cancel();
  Result<std::string> challenge_in(const Reply& reply);
  Unexpected refusal(const Reply& reply, bool unasked) const;
  std::string with_method(std::string_view text) const;

  SmtpConnection& server_;
  Mechanism mechanism_;
  SaslChannel& sasl_;
  Secret kept_response_;  // too long for the AUTH command
  bool has_kept_ = false;
  bool has_spoken_ = false;  // something of ours has been sent
  std::string explanation_;  // what the server says about a token before it refuses it
};

std::string Exchange::with_method(std::string_view text) const {
  return std::string(text) + " (method " + std::string(name(mechanism_)) + ")";
}

Result<void> Exchange::run() {
  Reply reply = TRY(begin());
  std::size_t steps = 0;
  for (; reply.code == challenged && steps < max_sasl_steps; ++steps) reply = TRY(answer(reply));
  if (reply.code == challenged) {
    TRY(cancel());
    return refused(ExitCode::protocol, with_method("authentication takes too many steps"), reply);
  }
  if (reply.code != accepted) return refusal(reply, !has_spoken_);
  return sasl_.send(Accepted{}, server_.timers().start(Step::auth));
}

// The buffer of the channel is the only place where the response ever was outside a Secret.
Result<Reply> Exchange::begin() {
  const Response first = TRY(sasl_.expect_one<Response>(server_.timers().start(Step::auth)));
  const std::string_view bytes = first.bytes.view();
  const std::string command = "AUTH " + std::string(name(mechanism_));
  const std::size_t encoded = bytes.empty() ? 1 : base64_size(bytes.size());
  const bool fits = command.size() + 1 + encoded + 2 <= max_auth_command;
  if (!first.present || !fits) {
    if (first.present) kept_response_ = Secret::copy_of(bytes);
    has_kept_ = first.present;
    sasl_.socket().wipe_received();
    return server_.exchange(fixed_command(command), Step::auth);
  }
  Secret line = Secret::with_capacity(command.size() + encoded + 3);
  line.append(command + " ");
  if (bytes.empty()) line.append("=");
  base64_encode_to(bytes, line.spare());
  line.grow_by(base64_size(bytes.size()));
  sasl_.socket().wipe_received();
  line.append("\r\n");
  has_spoken_ = true;
  return server_.exchange_secret(line, command + " *", Step::auth);
}

Result<Reply> Exchange::send_response(std::string_view response) {
  has_spoken_ = true;
  Secret line = Secret::with_capacity(base64_size(response.size()) + 2);
  base64_encode_to(response, line.spare());
  line.grow_by(base64_size(response.size()));
  line.append("\r\n");
  return server_.exchange_secret(line, "*", Step::auth);
}

Result<Reply> Exchange::answer(const Reply& challenge) {
  if (has_kept_) {
    has_kept_ = false;
    const Secret response = std::move(kept_response_);
    return send_response(response.reveal());
  }
  const std::string bytes = TRY(challenge_in(challenge));
  if (has_spoken_ && sends_token(mechanism_)) explanation_ = as_line(bytes);
  const Deadline deadline = server_.timers().start(Step::auth);
  TRY(sasl_.send(Challenge{*BytesView<max_sasl_message>::from(bytes)}, deadline));
  auto message = TRY((sasl_.expect<Response, Cancel>(deadline)));
  if (const auto* response = std::get_if<Response>(&message)) {
    const Secret kept = Secret::copy_of(response->bytes.view());
    sasl_.socket().wipe_received();
    return send_response(kept.reveal());
  }
  TRY(cancel());
  return fail(ExitCode::software, with_method("the server's challenge was not acceptable"));
}

// Whatever the server says to that, it is over.
Result<void> Exchange::cancel() {
  TRY(server_.exchange(fixed_command("*"), Step::auth));
  return {};
}

Result<std::string> Exchange::challenge_in(const Reply& reply) {
  auto bytes = base64_decode(text_after_code(reply.text));
  if (bytes) return std::move(*bytes);
  TRY(cancel());
  return refused(ExitCode::protocol, with_method("the server sent a challenge that is not base64"), reply);
}

// A server that refuses XOAUTH2 before the token, which was too long for the command, has not even looked at one.
Unexpected Exchange::refusal(const Reply& reply, bool unasked) const {
  if (unasked && mechanism_ == Mechanism::xoauth2) return refused(ExitCode::protocol, "command AUTH failed", reply);
  std::string text = with_method("authentication failed");
  if (!explanation_.empty()) text += ": " + explanation_;
  return refused(ExitCode::no_permission, std::move(text), reply);
}

}  // namespace

Result<void> authenticate(SmtpConnection& server, const Capabilities& offer, Mechanism mechanism, SaslChannel& sasl) {
  if (!offer.auth) return fail(ExitCode::unavailable, "the server does not support authentication");
  if (!offer.mechanisms.has(mechanism)) {
    return fail(ExitCode::unavailable,
                "the server does not support authentication method " + std::string(name(mechanism)));
  }
  return Exchange(server, mechanism, sasl).run();
}

}  // namespace msmtp
