// Commands out, replies in.
#include "netproc/smtp_connection.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace msmtp {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view quit_line = "QUIT\r\n";

// A busy moment of our own must not cost the polite end, but nobody waits for it.
constexpr std::chrono::milliseconds patience_with_quit(100);

Error without_reply(Error error, Step step) {
  error.text = "no valid " + std::string(name(step)) + ": " + error.text;
  return error;
}

}  // namespace

Unexpected refused(ExitCode code, std::string text, const Reply& reply) {
  return Unexpected{{code, std::move(text), reply.text, Cause::plain}};
}

ExitCode delivery_failure_code(const Reply& reply) {
  return reply.is_temporary_failure() ? ExitCode::temporary_failure : ExitCode::data_error;
}

SmtpConnection::SmtpConnection(Stream& stream, Timers timers, DialogueTrace trace)
    : stream_(&stream), reader_(stream), timers_(timers), trace_(std::move(trace)) {}

Result<Reply> SmtpConnection::read_reply(Step step, const Deadline& deadline) {
  Result<Reply> reply = reader_.next(deadline);
  if (!reply) {
    abandon();
    if (!reply.error().server_reply.empty()) trace_.received(reply.error().server_reply);
    return Unexpected{without_reply(std::move(reply.error()), step)};
  }
  trace_.received(reply->text);
  in_exchange_ = reply->is_intermediate();
  if (awaited_ != 0) --awaited_;
  return reply;
}

Result<Reply> SmtpConnection::early_reply(Step step) {
  Reply reply = TRY(read_reply(step));
  if (reply.is_refusal()) return reply;
  abandon();
  return refused(ExitCode::protocol, "the server replied before it was asked", reply);
}

Result<Reply> SmtpConnection::exchange(const CommandLine& command, Step step) {
  if (has_input()) return early_reply(step);
  return reply_after(send_group(std::span(&command, 1), step), step);
}

Result<Reply> SmtpConnection::exchange_secret(const Secret& line, std::string_view shown, Step step) {
  if (has_input()) return early_reply(step);
  trace_.sent(shown);
  ++awaited_;
  return reply_after(write(line.reveal(), step), step);
}

// A server that closes the connection may have said why before; then that is what the user wants to know.
Result<Reply> SmtpConnection::reply_after(Result<void> written, Step step) {
  if (written) return read_reply(step);
  if (has_input()) {
    auto reply = read_reply(step);
    if (reply && reply->is_refusal()) return reply;
  }
  return Unexpected{std::move(written.error())};
}

std::string_view SmtpConnection::last_words() const {
  return stays_ ? std::string_view() : quit_line;
}

Result<void> SmtpConnection::send_group(std::span<const CommandLine> commands, Step step) {
  std::string bytes;
  for (const CommandLine& command : commands) {
    trace_.sent(command.view());
    bytes += command.view();
    bytes += line_end;
  }
  awaited_ += commands.size();
  return write(bytes, step);
}

Result<void> SmtpConnection::send_content(std::string_view wire, Step step) {
  trace_.sent_piece(wire);
  return write(wire, step);
}

Result<void> SmtpConnection::send_last_content(std::string_view wire, std::size_t replies, bool with_quit, Step step) {
  awaited_ += replies;
  auto sent = send_content(wire, step);
  if (with_quit) abandon();
  return sent;
}

Result<void> SmtpConnection::send_flight(std::string_view wire, std::size_t commands_size, bool with_quit, Step step) {
  std::string_view commands = wire.substr(0, commands_size);
  while (!commands.empty()) {
    const std::size_t end = commands.find(line_end);
    trace_.sent(commands.substr(0, end));
    commands.remove_prefix(end + line_end.size());
    ++awaited_;
  }
  trace_.sent_piece(wire.substr(commands_size));
  auto sent = write(wire, step);
  if (with_quit) abandon();
  return sent;
}

Result<void> SmtpConnection::write(std::string_view bytes, Step step) {
  auto written = stream_->write(bytes, timers_.start(step));
  if (!written) abandon();
  return written;
}

void SmtpConnection::switch_to(Stream& stream) {
  stream_ = &stream;
  reader_.switch_to(stream);
  abandoned_ = false;
}

void SmtpConnection::leave() {
  part(quit_line);
}

void SmtpConnection::call_off() {
  part("RSET\r\nQUIT\r\n");
}

void SmtpConnection::part(std::string_view farewell) {
  // Replies that nobody has asked for may have been the 354 to a DATA: then QUIT would be content.
  if (!abandoned_ && awaited_ == 0 && !in_exchange_ && !has_input()) {
    trace_.sent_piece(farewell);
    (void)stream_->write(farewell, Deadline::in(patience_with_quit));
  }
  abandon();
  stream_->close();
}

}  // namespace msmtp
