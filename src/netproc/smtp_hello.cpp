// Greeting, EHLO, STARTTLS.
#include "netproc/smtp_hello.hpp"

#include "netproc/smtp_capabilities.hpp"

namespace msmtp {

namespace {

constexpr int ready = 220;
constexpr int ok = 250;
constexpr int closing = 421;

Result<Capabilities> say_lhlo(SmtpConnection& server, const Line<max_host>& name) {
  const CommandLine lhlo = TRY(lhlo_command(name));
  const Reply reply = TRY(server.exchange(lhlo, Step::hello));
  if (reply.code != ok) return refused(ExitCode::protocol, "command LHLO failed", reply);
  return parse_capabilities(reply.text);
}

}  // namespace

Result<std::string> await_greeting(SmtpConnection& server) {
  const Reply reply = TRY(server.read_reply(Step::greeting));
  if (reply.code != ready) return refused(ExitCode::protocol, "the server's greeting is not OK", reply);
  return std::string(text_after_code(reply.text.substr(0, reply.text.find('\n'))));
}

Result<Capabilities> say_hello(SmtpConnection& server, Protocol protocol, const Line<max_host>& name) {
  if (protocol == Protocol::lmtp) return say_lhlo(server, name);
  const CommandLine ehlo = TRY(ehlo_command(name));
  const CommandLine helo = TRY(helo_command(name));
  const Reply extended = TRY(server.exchange(ehlo, Step::hello));
  if (extended.code == ok) return parse_capabilities(extended.text);
  if (extended.code == closing) return refused(ExitCode::protocol, "EHLO is not accepted by the server", extended);
  const Reply simple = TRY(server.exchange(helo, Step::hello));
  if (simple.code == ok) return Capabilities();
  return refused(ExitCode::protocol, "neither EHLO nor HELO is accepted by the server", simple);
}

Result<void> ask_for_tls(SmtpConnection& server, const Capabilities& offer) {
  if (!offer.starttls) return fail(ExitCode::unavailable, "the server does not support TLS via STARTTLS");
  const Reply reply = TRY(server.exchange(fixed_command("STARTTLS"), Step::starttls));
  if (reply.code != ready) return refused(ExitCode::protocol, "command STARTTLS failed", reply);
  const bool injected = server.has_input();
  server.abandon();
  if (injected) return fail(ExitCode::protocol, "the server sent plaintext after its reply to STARTTLS");
  return {};
}

}  // namespace msmtp
