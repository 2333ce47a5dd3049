// One client of the sink: its socket, TLS, the delay of answers, and round trips counted.
#pragma once

#include "sink_dialogue.hpp"
#include "sink_tls.hpp"
#include "util.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

struct SinkBehaviour {
  SinkSettings dialogue;
  std::shared_ptr<SinkTlsContext> tls;
  bool tls_at_once = false;
  Nanoseconds delay = 0;          // between a client's words and the answer
  std::uint64_t pause_after = 0;  // octets of a connection after which the sink stops reading for a while, once
  Nanoseconds pause = 0;
};

class SinkConnection {
 public:
  SinkConnection(Fd socket, const SinkBehaviour& behaviour, SinkCounts& counts);
  ~SinkConnection();
  SinkConnection(const SinkConnection&) = delete;
  SinkConnection& operator=(const SinkConnection&) = delete;

  // There is something to read.
  void read();

  // Sends what is due. It is called when the socket can take more and when next_time() has come.
  void send_due();

  // When there is something to do that no event announces.
  std::optional<Nanoseconds> next_time() const;

  bool is_reading() const;
  bool has_due_answers() const;
  bool is_over() const { return over_; }
  int number() const { return socket_.number(); }

 private:
  struct Answer {
    Nanoseconds due;
    std::string bytes;
  };

  bool take(std::string_view bytes);
  void say(std::string_view plain);
  void queue(std::string bytes);
  void finish(bool by_client);
  void start_tls();

  Fd socket_;
  const SinkBehaviour& behaviour_;
  SinkCounts& counts_;
  SinkDialogue dialogue_;
  std::unique_ptr<SinkTls> tls_;
  std::deque<Answer> answers_;
  std::string plain_;
  Nanoseconds paused_until_ = 0;
  std::uint64_t bytes_ = 0;
  bool paused_ = false;
  bool answered_ = false;  // something was sent since the client spoke last
  bool over_ = false;
};

}  // namespace msmtp
