// BDAT.
#include "netproc/smtp_chunking.hpp"

#include "netproc/smtp_body.hpp"
#include "netproc/smtp_chunk_stream.hpp"
#include "netproc/smtp_verdict.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace msmtp {

namespace {

constexpr std::string_view line_end = "\r\n";

// The commands that may go out before content that does not wait for the replies to them: those are then few enough for
// any server to send them while it takes the content, and nobody blocks on the other.
constexpr std::size_t max_flight_commands = 16 * 1024;

std::string joined(const std::vector<CommandLine>& commands) {
  std::string bytes;
  for (const CommandLine& command : commands) bytes.append(command.view()).append(line_end);
  return bytes;
}

// A small mail, whose content goes out with the envelope.
class SmallMail {
 public:
  SmallMail(SmtpConnection& server, const Capabilities& offer, const MailTransaction& mail, ParentChannel& parent)
      : server_(server), offer_(offer), mail_(mail), parent_(parent), replies_(mail) {}

  // COMMANDS: MAIL and RCPT.
  Result<Refusals> send_at_once(std::string commands);
  Result<Refusals> send_and_end_later(std::string commands);

 private:
  Result<std::string> gather_content();
  Result<void> hear_unasked();
  Result<void> hear_envelope();
  Result<void> hear_envelope_of_sent_mail();
  Result<void> hear_chunk();
  Result<void> end();
  Unexpected fate(const Reply& reply, Error error);

  SmtpConnection& server_;
  const Capabilities& offer_;
  const MailTransaction& mail_;
  ParentChannel& parent_;
  EnvelopeReplies replies_;
  std::size_t outstanding_ = 0;
};

Result<std::string> SmallMail::gather_content() {
  TRY(parent_.send(BodyWanted{}));
  MailBody body(offer_, parent_);
  const std::uint64_t size = mail_.envelope.size;
  std::string content;
  auto bytes = TRY(body.next(false));
  for (; bytes && content.size() + bytes->size() <= size; bytes = TRY(body.next(false))) content += *bytes;
  if (bytes || content.size() != size) return fail(parent_.socket().lied("a mail of another size than announced"));
  return content;
}

// Whatever the server says before MAIL, it cannot be the reply to it.
Result<void> SmallMail::hear_unasked() {
  if (!server_.has_input()) return {};
  const Reply reply = TRY(server_.read_reply(Step::mail));
  TRY(replies_.take(reply));
  server_.abandon();
  return refused(ExitCode::protocol, "the server replied before it was asked", reply);
}

Result<Refusals> SmallMail::send_at_once(std::string commands) {
  const std::string content = TRY(gather_content());
  TRY(hear_unasked());
  commands.append(bdat_command(content.size(), true).view()).append(line_end);
  const std::size_t commands_size = commands.size();
  commands.append(content).append(server_.last_words());
  TRY(parent_.send(BodySent{}));
  auto sent = server_.send_flight(commands, commands_size, !server_.stays(), Step::content);
  if (!sent && !server_.has_input()) return fail(unknown_status(std::move(sent.error())));
  TRY(hear_envelope_of_sent_mail());
  return replies_.take_refusals();
}

Result<void> SmallMail::hear_envelope_of_sent_mail() {
  outstanding_ = mail_.recipients.size() + 2;
  while (!replies_.are_complete()) {
    auto reply = server_.read_reply(replies_.step());
    if (!reply) return fail(unknown_status(std::move(reply.error())));
    --outstanding_;
    auto verdict = replies_.take(*reply);
    if (!verdict) return fate(*reply, std::move(verdict.error()));
  }
  return {};
}

// The server has all of the mail, so what is neither yes nor no leaves it open what becomes of it, unless the mail is
// refused in the end. A refusal is a refusal, whatever the server says after it.
Unexpected SmallMail::fate(const Reply& reply, Error error) {
  const auto last = hear_the_rest(server_, outstanding_);
  if (reply.is_refusal() || (last && last->is_refusal())) return fail(std::move(error));
  return fail(unknown_status(std::move(error)));
}

Result<Refusals> SmallMail::send_and_end_later(std::string commands) {
  const std::string content = TRY(gather_content());
  TRY(hear_unasked());
  commands.append(bdat_command(content.size(), false).view()).append(line_end);
  const std::size_t commands_size = commands.size();
  commands.append(content);
  auto sent = server_.send_flight(commands, commands_size, false, Step::content);
  // When writing has failed, the server may have said why before it went away.
  if (!sent && !server_.has_input()) return fail(std::move(sent.error()));
  TRY(hear_envelope());
  TRY(hear_chunk());
  TRY(end());
  return replies_.take_refusals();
}

Result<void> SmallMail::hear_envelope() {
  outstanding_ = mail_.recipients.size() + 2;
  while (!replies_.are_complete()) {
    const Reply reply = TRY(server_.read_reply(replies_.step()));
    --outstanding_;
    auto verdict = replies_.take(reply);
    if (verdict) continue;
    (void)hear_the_rest(server_, outstanding_);
    server_.call_off();
    return verdict;
  }
  return {};
}

Result<void> SmallMail::hear_chunk() {
  const Reply reply = TRY(server_.read_reply(Step::content));
  if (reply.code == 250) return {};
  server_.call_off();
  return chunk_refused(reply);
}

Result<void> SmallMail::end() {
  if (server_.has_input()) return early_verdict(server_, server_.read_reply(Step::content));
  std::string commands(bdat_command(0, true).view());
  commands += line_end;
  const std::size_t commands_size = commands.size();
  commands += server_.last_words();
  TRY(parent_.send(BodySent{}));
  auto sent = server_.send_flight(commands, commands_size, !server_.stays(), Step::content);
  if (!sent && !server_.has_input()) return fail(unknown_status(std::move(sent.error())));
  return {};
}

}  // namespace

bool can_take_chunks(const Capabilities& offer, Protocol protocol) {
  return protocol == Protocol::smtp && offer.chunking && offer.pipelining;
}

Result<Refusals> send_in_chunks(SmtpConnection& server, const Capabilities& offer, const MailTransaction& mail,
                                ParentChannel& parent) {
  if (mail.envelope.size_known && mail.envelope.size <= max_flight_content) {
    std::string commands = joined(TRY(envelope_commands(mail, offer)));
    SmallMail small(server, offer, mail, parent);
    if (mail.recipients.size() == 1) return small.send_at_once(std::move(commands));
    if (commands.size() <= max_flight_commands) return small.send_and_end_later(std::move(commands));
  }
  Refusals refusals = TRY(send_envelope_without_data(server, mail, offer));
  TRY(send_chunk_stream(server, offer, parent));
  return refusals;
}

}  // namespace msmtp
