// One session of an SMTP server.
#include "netproc/smtp_server.hpp"

#include <chrono>
#include <span>
#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t max_endless_line = 1024 * 1024;
constexpr std::size_t max_waiting_replies = 16 * 1024;
// For the last words to somebody who may not listen.
constexpr std::chrono::seconds last_patience(2);

Error misled(std::string_view text) {
  return {ExitCode::software, std::string(text), {}, Cause::peer_lied};
}

}  // namespace

SmtpServer::SmtpServer(ServerToParent& parent, ServerClient& client, const Serve& settings, std::optional<Fd> verifier)
    : parent_(parent),
      client_(client),
      settings_(settings),
      dialogue_(settings),
      end_of_session_(settings.total_seconds == 0 ? Deadline::never()
                                                  : Deadline::in(std::chrono::seconds(settings.total_seconds))),
      input_(std::make_unique_for_overwrite<char[]>(input_size)),
      chunk_(std::make_unique_for_overwrite<char[]>(max_body_piece)) {
  if (verifier) verifier_.emplace(std::move(*verifier), "msmtp-verifier");
}

Deadline SmtpServer::idle() const {
  return Deadline::in(std::chrono::seconds(settings_.idle_seconds)).or_earlier(end_of_session_);
}

Result<void> SmtpServer::run() {
  auto led = converse();
  if (!led) {
    tell_why(led.error());
    return led;
  }
  return parent_.send(Departed{});
}

void SmtpServer::tell_why(const Error& error) {
  if (error.code == ExitCode::temporary_failure) say({421, "4.4.2 " + error.text});
  if (error.code == ExitCode::software) say({421, "4.3.0 the server has to end"});
  (void)client_.write(replies_, Deadline::in(last_patience));
}

Result<void> SmtpServer::greet() {
  if (settings_.greeting_first && client_.has_input()) {
    say({554, "5.5.1 the client has to wait for the greeting"});
    TRY(flush());
    return fail(ExitCode::protocol, "the SMTP client did not wait for the greeting");
  }
  say(dialogue_.greeting());
  return {};
}

Result<void> SmtpServer::converse() {
  TRY(greet());
  while (TRY(step())) {}
  return {};
}

// One command.
Result<bool> SmtpServer::step() {
  if (replies_.size() > max_waiting_replies) TRY(flush());
  const auto line = TRY(next_line());
  if (!line) return false;
  client_speaks_lf_ = !line->crlf;
  const ServerCommand command = command_of(*line);
  const ServerAction action = dialogue_.act(command);
  const bool goes_on = TRY(std::visit([this](const auto& wanted) { return perform(wanted); }, action));
  if (std::holds_alternative<AuthCommand>(command)) wipe_login();
  return goes_on;
}

ServerCommand SmtpServer::command_of(const ClientLine& line) const {
  ServerCommand command = parse_server_command(line.text);
  const bool wrong_end = !line.crlf && !settings_.lf_lines;
  const bool is_login = std::holds_alternative<AuthCommand>(command);
  const bool too_long = line.too_long || (line.text.size() > max_command_line && !is_login);
  if (!wrong_end && !too_long) return command;
  // What comes after a BDAT that is not obeyed would be taken for commands.
  if (std::holds_alternative<BdatCommand>(command)) return BrokenChunk{};
  if (std::holds_alternative<BrokenChunk>(command) || std::holds_alternative<ForeignProtocol>(command)) return command;
  return too_long ? Refusal{500, "5.5.2 the line is too long"} : Refusal{500, "5.5.2 a line ends in CRLF"};
}

// ---- what the dialogue asks for ----

Result<bool> SmtpServer::perform(const Say& action) {
  if (action.abandons) TRY(parent_.send(Abandoned{}));
  say(action.reply);
  return true;
}

Result<std::variant<ClientAnswer, Retire>> SmtpServer::hear_parent() {
  return parent_.expect<ClientAnswer, Retire>(Deadline::never());
}

// Retire may come before it.
Result<ClientAnswer> SmtpServer::parent_answer() {
  auto message = TRY(hear_parent());
  if (std::holds_alternative<Retire>(message)) {
    TRY(retire());
    message = TRY(hear_parent());
  }
  const auto* answer = std::get_if<ClientAnswer>(&message);
  if (answer == nullptr || answer->code < 200 || answer->code > 599) {
    return Unexpected{misled("msmtp has sent an answer that is none")};
  }
  return *answer;
}

Result<bool> SmtpServer::perform(const AskForMail& action) {
  TRY(parent_.send(action.mail));
  const ClientAnswer answer = TRY(parent_answer());
  return perform(dialogue_.mail_answered(answer));
}

Result<bool> SmtpServer::perform(const AskForRecipient& action) {
  TRY(parent_.send(action.recipient));
  const ClientAnswer answer = TRY(parent_answer());
  return perform(dialogue_.recipient_answered(answer));
}

Result<bool> SmtpServer::perform(TakeData) {
  if (!TRY(begin_content(false))) return true;
  say({354, "end the mail with a line of a single dot"});
  TRY(receive_data());
  TRY(end_content(true));
  return true;
}

Result<bool> SmtpServer::perform(const TakeChunk& action) {
  const bool refused = action.first && !TRY(begin_content(action.last));
  TRY(receive_octets(action.size));
  if (refused) return true;
  if (action.last || given_up_) {
    TRY(end_content(action.last));
  } else {
    say(ServerDialogue::chunk_taken(action.size));
  }
  return true;
}

Result<bool> SmtpServer::perform(const SkipChunk& action) {
  passing_on_ = false;
  TRY(receive_octets(action.size));
  say(action.reply);
  return true;
}

Result<bool> SmtpServer::perform(const Close& action) {
  say(action.reply);
  TRY(flush());
  if (!action.reason.empty()) return fail(ExitCode::protocol, action.reason);
  return false;
}

// ---- the client ----

Result<SmtpServer::Input> SmtpServer::fill(const Deadline& deadline) {
  TRY(flush());
  const auto size = TRY(client_.read(std::span(input_.get(), input_size), deadline));
  if (!size) {
    TRY(hear_retire());
    return Input::none;
  }
  unread_ = std::string_view(input_.get(), *size);
  return *size > 0 ? Input::some : Input::ended;
}

Result<void> SmtpServer::need_more(const Deadline& deadline) {
  Input input = Input::none;
  while (input == Input::none) input = TRY(fill(deadline));
  if (input == Input::some) return {};
  return fail(ExitCode::io_error, "the SMTP client has gone in the middle of a mail");
}

// Nothing else is legal while no answer is awaited.
Result<void> SmtpServer::hear_retire() {
  TRY(parent_.expect_one<Retire>(Deadline::never()));
  return retire();
}

Result<void> SmtpServer::retire() {
  if (std::exchange(retires_, true)) return Unexpected{misled("msmtp has said Retire twice")};
  return {};
}

Result<std::optional<ClientLine>> SmtpServer::next_line() {
  const Deadline deadline = idle();
  for (;;) {
    if (retires_ && !dialogue_.has_mail()) {
      say(dialogue_.farewell());
      TRY(flush());
      return std::optional<ClientLine>();
    }
    if (!unread_.empty()) {
      if (auto line = lines_.feed(unread_)) return line;
    }
    if (lines_.unfinished() > max_endless_line) {
      say({500, "5.5.2 the line is too long"});
      return fail(ExitCode::protocol, "the SMTP client sent a line without an end");
    }
    if (TRY(fill(deadline)) == Input::ended || !client_listens_) return std::optional<ClientLine>();
  }
}

void SmtpServer::say(const ServerReply& reply) {
  replies_ += wire_form(reply);
}

Result<void> SmtpServer::pronounce(const Verdicts& verdicts) {
  for (std::uint32_t i = 0; i < verdicts.times; ++i) {
    say(verdicts.reply);
    if (replies_.size() > max_waiting_replies) TRY(flush());
  }
  return {};
}

Result<void> SmtpServer::flush() {
  if (!replies_.empty() && client_listens_) client_listens_ = TRY(client_.write(replies_, idle()));
  replies_.clear();
  return {};
}

}  // namespace msmtp
