// One conversation with an SMTP or LMTP server: commands out, replies in, and the account of who is to speak next.
#pragma once

#include "common/result.hpp"
#include "common/secret.hpp"
#include "netproc/dialogue_trace.hpp"
#include "netproc/reply_reader.hpp"
#include "netproc/smtp_commands.hpp"
#include "netproc/smtp_steps.hpp"
#include "netproc/stream.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace msmtp {

// The failure with TEXT that a server's REPLY made.
Unexpected refused(ExitCode code, std::string text, const Reply& reply);

// EX_TEMPFAIL for a 4yz reply, EX_DATAERR for any other.
ExitCode delivery_failure_code(const Reply& reply);

// Errors of every function that speaks with the server, besides those it names: EX_IOERR for the network, EX_PROTOCOL
// for a server that closes the connection, sends what is no reply, or replies to what nobody asked.
class SmtpConnection {
 public:
  // The server speaks first; STREAM must outlive the connection.
  SmtpConnection(Stream& stream, Timers timers, DialogueTrace trace);

  const Timers& timers() const { return timers_; }

  // The next reply of those awaited, or a refusal (code 400 or more) that came unasked.
  Result<Reply> read_reply(Step step) { return read_reply(step, timers_.start(step)); }
  Result<Reply> read_reply(Step step, const Deadline& deadline);

  // One command and its reply. A refusal that the server sent before it could know the command (421, mostly) counts
  // as the reply, for there will be no other.
  Result<Reply> exchange(const CommandLine& command, Step step);

  // A line that holds a credential and ends with CRLF, in one write; the dialogue shows SHOWN instead.
  Result<Reply> exchange_secret(const Secret& line, std::string_view shown, Step step);

  // The conversation goes on after a mail: no QUIT goes out with its end.
  void stay() { stays_ = true; }
  bool stays() const { return stays_; }
  // What goes out behind the end of a mail: QUIT as a line, or nothing.
  std::string_view last_words() const;

  // Commands in one write, for each of which a reply is awaited from now on.
  Result<void> send_group(std::span<const CommandLine> commands, Step step);

  // A piece of the mail as it goes over the wire, in one write.
  Result<void> send_content(std::string_view wire, Step step);
  // The last piece: ".", CRLF and, WITH_QUIT, a QUIT stand at its end. REPLIES are awaited for it, that to QUIT is not.
  Result<void> send_last_content(std::string_view wire, std::size_t replies, bool with_quit, Step step);

  // A whole flight in one write: COMMANDS_SIZE octets of command lines, for each of which a reply is awaited from now
  // on; a piece of the mail; and, WITH_QUIT, a QUIT, whose reply is not.
  Result<void> send_flight(std::string_view wire, std::size_t commands_size, bool with_quit, Step step);

  // Whether the server has said something that has not been read. Does not wait.
  bool has_input() { return reader_.has_input(); }
  // See Stream::number().
  int number() const { return stream_->number(); }
  // Whether reading has come to the end of the connection.
  bool has_ended() const { return reader_.has_ended(); }

  // The conversation goes on over STREAM, which must outlive the connection.
  void switch_to(Stream& stream);

  // Ends the conversation: with QUIT when the server expects a command, else as it is. Waits for nothing.
  void leave();
  // The same after the mail is given up: with RSET before QUIT.
  void call_off();
  // Nothing more will be sent, not even QUIT.
  void abandon() { abandoned_ = true; }

 private:
  Result<Reply> reply_after(Result<void> written, Step step);
  Result<Reply> early_reply(Step step);
  Result<void> write(std::string_view bytes, Step step);
  void part(std::string_view farewell);

  Stream* stream_;
  ReplyReader reader_;
  Timers timers_;
  DialogueTrace trace_;
  std::size_t awaited_ = 1;   // the greeting
  bool in_exchange_ = false;  // after 334 or 354 the server expects no command
  bool abandoned_ = false;
  bool stays_ = false;
};

}  // namespace msmtp
