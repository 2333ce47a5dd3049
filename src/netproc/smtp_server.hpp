// One session of an SMTP server: the client's bytes in, messages to the parent and replies out.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "netproc/server_client.hpp"
#include "netproc/server_dialogue.hpp"
#include "netproc/server_lines.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

using ServerToParent = Channel<FromServer, ToServer>;

class SmtpServer {
 public:
  SmtpServer(ServerToParent& parent, ServerClient& client, const Serve& settings);

  // Until the client leaves; then the parent has been told so. The error is why it had to end before: the client has
  // been told that, as far as it listens, and the parent has not.
  Result<void> run();

 private:
  Result<void> greet();
  Result<void> converse();
  Result<bool> step();
  ServerCommand command_of(const ClientLine& line) const;

  // What the dialogue asks for; false when the session is over.
  Result<bool> perform(const Say& action);
  Result<bool> perform(const AskForMail& action);
  Result<bool> perform(const AskForRecipient& action);
  Result<bool> perform(TakeData action);
  Result<bool> perform(const TakeChunk& action);
  Result<bool> perform(const SkipChunk& action);
  Result<bool> perform(const Close& action);

  Result<ClientAnswer> parent_answer();
  Result<bool> begin_content();
  Result<void> end_content();
  Result<void> receive_data();
  Result<void> receive_octets(std::uint64_t size);
  Result<void> pass_on(std::string_view bytes);
  Result<void> flush_chunk();
  Result<void> give_up_content();

  // More input in unread_; false at the end of the input. Says first what there is to say.
  Result<bool> fill(const Deadline& deadline);
  Result<void> need_more(const Deadline& deadline);
  Result<std::optional<ClientLine>> next_line();
  void say(const ServerReply& reply);
  Result<void> flush();
  void tell_why(const Error& error);
  Deadline idle() const;

  ServerToParent& parent_;
  ServerClient& client_;
  Serve settings_;
  ServerDialogue dialogue_;
  ClientLineReader lines_;
  Deadline end_of_session_;
  std::unique_ptr<char[]> input_;
  std::string_view unread_;  // in input_
  std::string replies_;      // not yet written
  bool client_listens_ = true;
  bool client_speaks_lf_ = false;  // the last command ended in LF alone

  // The content that is being received.
  std::unique_ptr<char[]> chunk_;
  std::size_t chunk_size_ = 0;
  std::uint64_t octets_ = 0;  // of the mail
  bool passing_on_ = false;   // the parent wants it
  bool too_large_ = false;
};

}  // namespace msmtp
