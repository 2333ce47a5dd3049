// A TLS connection of libtls.
#include "netproc/tls_libtls_stream.hpp"

#include "netproc/readiness.hpp"
#include "netproc/tls_reason.hpp"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace msmtp {

namespace {

#ifdef MSG_MORE
constexpr int more_follows = MSG_MORE;
#else
constexpr int more_follows = 0;
#endif

// About a record, which is what a server says at once at most.
constexpr std::size_t receive_size = 17 * std::size_t{1024};

// So much of a flight is sent at once: four records, which are a little longer than what is in them.
constexpr std::size_t send_size = 66 * std::size_t{1024};

}  // namespace

ssize_t TlsTransport::read_callback(tls*, void* room, size_t size, void* self) {
  return static_cast<TlsTransport*>(self)->receive(room, size);
}

ssize_t TlsTransport::write_callback(tls*, const void* bytes, size_t size, void* self) {
  return static_cast<TlsTransport*>(self)->send(bytes, size);
}

ssize_t TlsTransport::receive(void* room, size_t size) {
  if (!fd_.is_open() || deadline_.has_passed()) {
    set_failure(timed_out_text);
    return -1;
  }
  if (unread_.empty()) {
    const ssize_t count = receive_more();
    if (count <= 0) return count;
  }
  const std::size_t count = unread_.copy(static_cast<char*>(room), size);
  unread_.remove_prefix(count);
  return static_cast<ssize_t>(count);
}

ssize_t TlsTransport::receive_more() {
  if (!received_) received_ = std::make_unique_for_overwrite<char[]>(receive_size);
  const ssize_t count = recv(fd_.number(), received_.get(), receive_size, MSG_DONTWAIT);
  if (count == 0) at_end_ = true;
  if (count > 0) unread_ = std::string_view(received_.get(), static_cast<std::size_t>(count));
  return outcome(count, TLS_WANT_POLLIN);
}

// What is taken here is sent before the write that it belongs to is over: see TlsStream::write().
ssize_t TlsTransport::send(const void* bytes, size_t size) {
  const std::string_view record(static_cast<const char*>(bytes), size);
  if (waiting_.size() + size > send_size) {
    const ssize_t flushed = flush();
    if (flushed != 0) return flushed;
  }
  if (!more_ && waiting_.empty()) return send_now(record);
  if (waiting_.capacity() < send_size) waiting_.reserve(send_size);
  waiting_ += record;
  return static_cast<ssize_t>(size);
}

ssize_t TlsTransport::flush() {
  std::string_view left = waiting_;
  ssize_t count = 0;
  while (!left.empty() && count >= 0) {
    count = send_now(left);
    if (count > 0) left.remove_prefix(static_cast<std::size_t>(count));
  }
  waiting_.erase(0, waiting_.size() - left.size());
  return left.empty() ? 0 : count;
}

ssize_t TlsTransport::send_now(std::string_view bytes) {
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more_ ? more_follows : 0);
  return outcome(::send(fd_.number(), bytes.data(), bytes.size(), flags), TLS_WANT_POLLOUT);
}

ssize_t TlsTransport::outcome(ssize_t count, ssize_t when_not_ready) {
  if (count >= 0) return count;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return when_not_ready;
  set_failure(error_text(errno));
  return -1;
}

// What failed first is the reason; the alert that TLS tries to send then fails as well.
void TlsTransport::set_failure(std::string_view reason) {
  if (failure_.empty()) failure_ = reason;
}

// After a record without data, a session ticket mostly, it wants to be asked again although the next one may be here.
bool wait_as_told(TlsTransport& transport, ssize_t outcome, const Deadline& deadline) {
  if (outcome == TLS_WANT_POLLIN && transport.has_unread() && !deadline.has_passed()) return true;
  const bool ready = wait_for(transport.fd(), outcome == TLS_WANT_POLLIN ? POLLIN : POLLOUT, deadline);
  if (!ready) transport.set_failure(timed_out_text);
  return ready;
}

TlsStream::TlsStream(TlsHandle context, std::unique_ptr<TlsTransport> transport, std::shared_ptr<void> key)
    : key_(std::move(key)),
      transport_(std::move(transport)),
      context_(std::move(context)),
      record_(new char[max_tls_record]) {}

Unexpected TlsStream::network_error(std::string_view operation) const {
  std::string reason = transport_->failure();
  const char* text = tls_error(context_.get());
  if (reason.empty()) reason = text != nullptr ? plain_reason(text) : std::string_view("TLS failed");
  return fail(ExitCode::io_error, "network " + std::string(operation) + " error: " + reason);
}

Result<std::size_t> TlsStream::read(std::span<char> room, const Deadline& deadline) {
  if (unread_.empty() && !ended_) {
    const ssize_t count =
        drive(*transport_, deadline, [this] { return tls_read(context_.get(), record_.get(), max_tls_record); });
    if (count < 0 && !transport_->is_at_end()) return network_error("read");
    ended_ = count <= 0;
    unread_ = std::string_view(record_.get(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  const std::size_t count = unread_.copy(room.data(), room.size());
  unread_.remove_prefix(count);
  return count;
}

Result<void> TlsStream::write(std::string_view bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    transport_->set_more(bytes.size() > max_tls_record);
    const ssize_t count =
        drive(*transport_, deadline, [this, bytes] { return tls_write(context_.get(), bytes.data(), bytes.size()); });
    if (count < 0) return network_error("write");
    bytes.remove_prefix(std::min(bytes.size(), static_cast<std::size_t>(count)));
  }
  if (drive(*transport_, deadline, [this] { return transport_->flush(); }) != 0) return network_error("write");
  return {};
}

void TlsStream::close() {
  if (!transport_->fd().is_open()) return;
  transport_->begin(Deadline::never());
  (void)tls_close(context_.get());  // one attempt: the notification is a courtesy
  transport_->close();
}

// What is on the socket may be a session ticket and no data at all, so the record is opened to see.
bool TlsStream::has_input() {
  if (!unread_.empty() || ended_) return true;
  if (!transport_->fd().is_open()) return false;
  transport_->begin(Deadline::never());
  ssize_t count = 0;
  do {
    count = tls_read(context_.get(), record_.get(), max_tls_record);
  } while (count == TLS_WANT_POLLIN && transport_->has_unread());
  if (count == TLS_WANT_POLLIN || count == TLS_WANT_POLLOUT) return false;
  ended_ = count == 0 || transport_->is_at_end();
  unread_ = std::string_view(record_.get(), count > 0 ? static_cast<std::size_t>(count) : 0);
  return true;
}

}  // namespace msmtp
