// Reading, answering in time, and the counts of a connection.
#include "sink_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace msmtp {

SinkConnection::SinkConnection(Fd socket, const SinkBehaviour& behaviour, SinkCounts& counts)
    : socket_(std::move(socket)), behaviour_(behaviour), counts_(counts), dialogue_(behaviour.dialogue, counts) {
  const int on = 1;
  setsockopt(socket_.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ++counts_.connections;
  ++counts_.round_trips;
  if (behaviour_.tls_at_once)
    start_tls();
  else
    say(SinkDialogue::greeting());
}

SinkConnection::~SinkConnection() {
  dialogue_.ended();
}

void SinkConnection::start_tls() {
  tls_ = std::make_unique<SinkTls>(*behaviour_.tls, counts_);
}

bool SinkConnection::is_reading() const {
  return !over_ && !dialogue_.is_over() && paused_until_ == 0;
}

bool SinkConnection::has_due_answers() const {
  return !answers_.empty() && answers_.front().due <= now();
}

std::optional<Nanoseconds> SinkConnection::next_time() const {
  if (paused_until_ != 0) return paused_until_;
  if (!answers_.empty() && answers_.front().due > 0) return answers_.front().due;
  return std::nullopt;
}

void SinkConnection::read() {
  static std::array<char, std::size_t{256} * 1024> buffer;
  const ssize_t count = recv(socket_.number(), buffer.data(), buffer.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return finish(true);
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
  ++counts_.reads;
  counts_.bytes += bytes.size();
  bytes_ += bytes.size();
  const bool was_established = tls_ != nullptr && tls_->is_established();
  // A goodbye of TLS is no more waited for than TCP's own.
  if (take(bytes) && (!was_established || !plain_.empty())) {
    counts_.round_trips += answered_ ? 1 : 0;
    answered_ = false;
  }
  if (!paused_ && behaviour_.pause_after != 0 && bytes_ >= behaviour_.pause_after) {
    paused_ = true;
    paused_until_ = now() + behaviour_.pause;
  }
  send_due();
}

// False when the connection is broken.
bool SinkConnection::take(std::string_view bytes) {
  plain_.clear();
  std::string answers;
  if (tls_ == nullptr) {
    dialogue_.take(bytes, answers);
    queue(std::move(answers));
    if (dialogue_.wants_tls()) start_tls();
    return true;
  }
  const bool was_established = tls_->is_established();
  const bool fine = tls_->take(bytes, plain_);
  if (!was_established && tls_->is_established()) {
    if (behaviour_.tls_at_once) {
      answers = SinkDialogue::greeting();
    } else {
      dialogue_.tls_began();
    }
  }
  if (!plain_.empty()) dialogue_.take(plain_, answers);
  say(answers);
  if (!fine) finish(true);
  return fine;
}

void SinkConnection::say(std::string_view plain) {
  if (tls_ == nullptr) return queue(std::string(plain));
  if (tls_->is_established()) tls_->give(plain);
  queue(tls_->pending());
}

void SinkConnection::queue(std::string bytes) {
  if (!bytes.empty()) answers_.push_back({behaviour_.delay == 0 ? 0 : now() + behaviour_.delay, std::move(bytes)});
}

void SinkConnection::send_due() {
  if (paused_until_ != 0 && now() >= paused_until_) paused_until_ = 0;
  while (!over_ && has_due_answers()) {
    std::string& bytes = answers_.front().bytes;
    const ssize_t count = send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) return finish(true);
    answered_ = true;
    bytes.erase(0, static_cast<std::size_t>(count));
    if (bytes.empty()) answers_.pop_front();
  }
  if (over_ || !answers_.empty()) return;
  if (tls_ == nullptr || tls_->is_established()) dialogue_.answers_sent();
  if (dialogue_.is_over()) finish(false);
}

// The last answer was waited for if the client was still there when it was sent.
void SinkConnection::finish(bool by_client) {
  if (over_) return;
  over_ = true;
  static_cast<void>(by_client);
  if (answers_.empty() && answered_) ++counts_.round_trips;
}

}  // namespace msmtp
