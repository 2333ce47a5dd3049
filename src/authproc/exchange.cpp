// Turn by turn, between netproc and the SASL library.
#include "authproc/exchange.hpp"

#include "authproc/turn.hpp"

namespace msmtp {

namespace {

Result<void> send_response(ToNetprocEnd& netproc, const std::optional<Secret>& response) {
  Response message;
  if (response) {
    const auto bytes = BytesView<max_sasl_message>::from(response->reveal());
    if (!bytes) return fail(ExitCode::config, "the password, or the token, is too long for this authentication method");
    message.present = true;
    message.bytes = *bytes;
  }
  return netproc.send(message);
}

// The parent first: its line shall name the cause, and not what netproc makes of the cancellation.
Result<ExitCode> give_up(const Error& error, ToNetprocEnd& netproc, ToParent& parent) {
  TRY(parent.send(failed(error)));
  TRY(netproc.send(Cancel{}));
  return error.code;
}

Result<ExitCode> finish(const SaslClient& sasl, ToParent& parent) {
  if (sasl.is_complete()) {
    TRY(parent.send(Completed{}));
    return ExitCode::ok;
  }
  const Error error = sasl.incomplete();
  TRY(parent.send(failed(error)));
  return error.code;
}

}  // namespace

Result<ExitCode> lead_exchange(SaslClient& sasl, std::optional<Secret> first, ToNetprocEnd& netproc, ToParent& parent) {
  TRY(send_response(netproc, first));
  first.reset();
  for (std::size_t steps = 0; steps < max_sasl_steps; ++steps) {
    TRY(wait_for_turn(netproc.fd(), parent.fd()));
    const auto message = TRY((netproc.expect<Challenge, Accepted>(Deadline::never())));
    if (std::holds_alternative<Accepted>(message)) return finish(sasl, parent);
    Result<Secret> response = sasl.step(std::get<Challenge>(message).bytes.view());
    if (!response) return give_up(response.error(), netproc, parent);
    TRY(send_response(netproc, std::move(*response)));
  }
  const Error endless{ExitCode::software, "the server does not stop sending challenges", {}, Cause::plain};
  return give_up(endless, netproc, parent);
}

}  // namespace msmtp
