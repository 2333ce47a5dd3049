// The sink's half of SMTP (RFC 5321) and LMTP (RFC 2033): it takes every mail and watches how it is said.
#pragma once

#include "sink_content.hpp"
#include "sink_counts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

struct SinkSettings {
  bool lmtp = false;
  bool pipelining = true;
  bool chunking = true;
  bool starttls = false;
  std::string login;        // "user:password": nobody may send without; "" offers no AUTH
  std::string hashes_file;  // gets a line "hash recipients" for each mail
};

// One session. Bytes go in, answers come out; it has no socket and no clock.
class SinkDialogue {
 public:
  SinkDialogue(const SinkSettings& settings, SinkCounts& counts);

  static std::string greeting();

  // Takes all of INPUT and appends the answers to ANSWERS. After STARTTLS, what came with it is dropped.
  void take(std::string_view input, std::string& answers);

  // All answers so far have been sent: whoever had to wait for one may speak again.
  void answers_sent();

  // The client has gone.
  void ended();

  void tls_began();
  bool wants_tls() const { return wants_tls_; }
  bool is_over() const { return over_; }

 private:
  enum class State : std::uint8_t { command, login, login_name, login_password, lines, chunk };

  void take_command(std::string_view line, std::string& answers);
  bool take_line(std::string_view& input, std::string& answers);
  std::string answer_to(std::string_view verb, std::string_view rest);
  std::string hello(std::string_view verb);
  std::string authenticate(std::string_view rest);
  std::string sasl_line(std::string_view line);
  std::string check_login(bool right);
  std::string mail(std::string_view rest);
  std::string recipient();
  std::string begin_lines();
  std::string begin_chunk(std::string_view rest);
  std::string bad(std::string_view answer);
  void end_mail(std::string& answers);
  void reset_mail();

  const SinkSettings& settings_;
  SinkCounts& counts_;
  State state_ = State::command;
  std::string line_;  // the beginning of a command whose end has not come
  std::string user_;  // of AUTH LOGIN
  std::optional<SinkContent> content_;
  std::uint64_t recipients_ = 0;
  std::uint64_t chunk_left_ = 0;
  bool last_chunk_ = false;
  bool has_sender_ = false;
  bool logged_in_ = false;
  bool with_tls_ = false;
  bool wants_tls_ = false;
  bool over_ = false;
  bool greeted_ = false;
  bool said_hello_ = false;
  bool must_wait_ = false;  // the last command had to be the last of its group
};

}  // namespace msmtp
