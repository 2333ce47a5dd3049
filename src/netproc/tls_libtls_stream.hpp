// A TLS connection of libtls: the descriptor below it, the deadline of what runs now, the stream above.
#pragma once

#include "common/deadline.hpp"
#include "common/fd.hpp"
#include "netproc/stream.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <tls.h>

namespace msmtp {

// Bytes below TLS. libtls gets its callbacks before there is a connection, and so before the sandbox shuts; the
// descriptor comes later.
class TlsTransport {
 public:
  void take(Fd connection) { fd_ = std::move(connection); }
  const Fd& fd() const { return fd_; }
  void close() { fd_.close(); }

  // Before each operation: what the callbacks heed from now on. Bytes that are always at hand must not outlive the
  // deadline.
  void begin(const Deadline& deadline) {
    deadline_ = deadline;
    failure_.clear();
  }
  // Whether the record that is written next is not the last of its flight: then it may wait for those that follow, and
  // no half-filled packet goes out after it.
  void set_more(bool more) { more_ = more; }
  // Sends what waits; 0 when nothing does any more, else as a step of drive().
  ssize_t flush();
  // Why the network failed, if it was the network that did.
  const std::string& failure() const { return failure_; }
  void set_failure(std::string_view reason);
  // Bytes of the peer are here that TLS has not asked for yet.
  bool has_unread() const { return !unread_.empty(); }
  // The peer has closed the connection below TLS.
  bool is_at_end() const { return at_end_; }

  static ssize_t read_callback(tls* context, void* room, size_t size, void* self);
  static ssize_t write_callback(tls* context, const void* bytes, size_t size, void* self);

 private:
  ssize_t receive(void* room, size_t size);
  ssize_t receive_more();
  ssize_t send(const void* bytes, size_t size);
  ssize_t send_now(std::string_view bytes);
  ssize_t outcome(ssize_t count, ssize_t when_not_ready);

  Fd fd_;
  // A record is asked for in two parts, and several may have come: one call of the system for all of them.
  std::unique_ptr<char[]> received_;
  std::string_view unread_;
  std::string waiting_;  // records of a flight whose last one has not come yet
  Deadline deadline_ = Deadline::never();
  std::string failure_;
  bool at_end_ = false;
  bool more_ = false;
};

// Repeats STEP, a call of libtls, until it is neither waiting for the network nor out of time. What it gives is the
// call's own result, or -1 with the transport's failure() set.
template <class Step>
ssize_t drive(TlsTransport& transport, const Deadline& deadline, Step step);

struct FreeTls {
  void operator()(tls* context) const { tls_free(context); }
};
using TlsHandle = std::unique_ptr<tls, FreeTls>;

// Waits as long as libtls wants: part of drive(). False, with the transport's failure() set, when the time is over.
bool wait_as_told(TlsTransport& transport, ssize_t outcome, const Deadline& deadline);

template <class Step>
ssize_t drive(TlsTransport& transport, const Deadline& deadline, Step step) {
  transport.begin(deadline);
  for (;;) {
    const ssize_t outcome = step();
    if (outcome != TLS_WANT_POLLIN && outcome != TLS_WANT_POLLOUT) return outcome;
    if (!wait_as_told(transport, outcome, deadline)) return -1;
  }
}

// Largest plaintext of one record (RFC 8446, 5.1).
inline constexpr std::size_t max_tls_record = 16 * 1024;

class TlsStream final : public Stream {
 public:
  // KEY is kept as long as CONTEXT.
  TlsStream(TlsHandle context, std::unique_ptr<TlsTransport> transport, std::shared_ptr<void> key = nullptr);

  // A connection that ends without a close notification reads as the end of the stream: whoever needs more to know that
  // all has been said, asks for it in its own words.
  Result<std::size_t> read(std::span<char> room, const Deadline& deadline) override;
  Result<void> write(std::string_view bytes, const Deadline& deadline) override;
  void close() override;
  bool has_input() override;
  int number() const override { return transport_->fd().number(); }

 private:
  Unexpected network_error(std::string_view operation) const;

  std::shared_ptr<void> key_;
  std::unique_ptr<TlsTransport> transport_;
  TlsHandle context_;  // after the transport: it may still call back while it is freed
  // One record, so that the library never holds decrypted bytes which poll(2) knows nothing of.
  std::unique_ptr<char[]> record_;
  std::string_view unread_;
  bool ended_ = false;
};

}  // namespace msmtp
