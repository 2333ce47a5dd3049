// One session of an SMTP server: the client's bytes in, messages to the parent and replies out.
#pragma once

#include "common/channel.hpp"
#include "common/messages.hpp"
#include "netproc/server_client.hpp"
#include "netproc/server_dialogue.hpp"
#include "netproc/server_hops.hpp"
#include "netproc/server_lines.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace msmtp {

using ServerToParent = Channel<FromServer, ToServer>;
using ServerToVerifier = Channel<LoginFromClient, LoginToClient>;

class SmtpServer {
 public:
  // VERIFIER is there when SETTINGS want clients to log in.
  SmtpServer(ServerToParent& parent, ServerClient& client, const Serve& settings, std::optional<Fd> verifier = {});

  // Until the client leaves, or the parent says Retire; then the parent has been told so. The error is why it had to
  // end before: the client has been told that, as far as it listens, and the parent has not.
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
  Result<bool> perform(const TakeLogin& action);
  Result<bool> perform(const Close& action);

  struct SessionOver {};
  using ClientTurn = std::variant<Secret, LoginEnd, SessionOver>;
  using VerifierWord = std::variant<Challenge, Verdict>;
  Result<std::optional<LoginEnd>> lead_login(const TakeLogin& action);
  Result<VerifierWord> begin_login(Mechanism mechanism, const Secret* initial);
  Result<VerifierWord> tell_verifier(const Secret* response);  // null: there is none
  Result<ClientTurn> ask_client(const Challenge& challenge);
  ClientTurn turn_in(const ClientLine& line) const;
  void wipe_login();

  Result<std::variant<ClientAnswer, Retire>> hear_parent();
  Result<ClientAnswer> parent_answer();
  Result<bool> begin_content(bool all_follows);
  Result<void> end_content(bool all_came);
  Result<void> receive_data();
  Result<void> receive_octets(std::uint64_t size);
  Result<void> pass_on(std::string_view bytes);
  Result<void> flush_chunk();
  Result<void> give_up_content(const Refusal& refusal);

  // More input in unread_, perhaps none because the parent has spoken. Says first what there is to say.
  enum class Input : std::uint8_t { some, none, ended };
  Result<Input> fill(const Deadline& deadline);
  Result<void> need_more(const Deadline& deadline);
  Result<void> hear_retire();
  Result<void> retire();
  // Nothing when the session is over: the client has gone, or is told that the server is about to end.
  Result<std::optional<ClientLine>> next_line();
  void say(const ServerReply& reply);
  Result<void> pronounce(const Verdicts& verdicts);
  Result<void> flush();
  void tell_why(const Error& error);
  Deadline idle() const;

  ServerToParent& parent_;
  ServerClient& client_;
  Serve settings_;
  ServerDialogue dialogue_;
  ClientLineReader lines_;
  Deadline end_of_session_;
  static constexpr std::size_t input_size = 64 * 1024;
  std::unique_ptr<char[]> input_;
  std::string_view unread_;  // in input_
  std::string replies_;      // not yet written
  bool client_listens_ = true;
  bool retires_ = false;           // the parent has said Retire
  bool client_speaks_lf_ = false;  // the last command ended in LF alone

  std::optional<ServerToVerifier> verifier_;  // until a login is accepted, or it is gone

  // The content that is being received.
  std::unique_ptr<char[]> chunk_;
  std::size_t chunk_size_ = 0;
  std::uint64_t octets_ = 0;  // of the mail
  bool passing_on_ = false;   // the parent wants it
  HopCounter hop_counter_;
  std::optional<Refusal> given_up_;  // why, before its end
};

}  // namespace msmtp
