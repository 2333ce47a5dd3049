// The mail on its way from standard input to the network child: the finished header section, then the body as it
// comes, with a bounded part of it in memory.
#pragma once

#include "common/byte_queue.hpp"
#include "common/messages.hpp"
#include "common/result.hpp"
#include "parent/body_canonicalizer.hpp"
#include "parent/header_edit.hpp"
#include "parent/mail_input.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace msmtp {

class OutgoingMail {
 public:
  // FIRST: what was read after the header section already. SOURCE: where the rest comes from; INPUT_ENDED: there is no
  // rest.
  OutgoingMail(const OutgoingHeader& header, std::string_view first, const MailSource& source, bool input_ended);

  // Whether there is room for more, and more to come.
  bool wants_input() const { return !ended_ && waiting_.size() < (sending_ ? send_ahead : read_ahead); }
  int input() const { return source_.input; }
  // One read_mail().
  Result<void> read_more();

  // All of the mail has been read; then its size is known.
  bool ended() const { return ended_; }
  // The next bytes to send, at most max_body_piece; empty when there are none at the moment.
  std::string_view piece() const { return waiting_.view().substr(0, max_body_piece); }
  void drop(std::size_t count);

  // Octets with CRLF line ends, as SIZE= counts them (RFC 1870), so far.
  std::uint64_t wire_size() const { return header_wire_size_ + body_.wire_size(); }
  // The same with each line end as one, as the log line counts.
  std::uint64_t counted_size() const { return header_counted_size_ + body_.counted_size(); }
  bool has_eight_bit() const { return header_eight_bit_ || body_.has_eight_bit(); }

  // How much is read before the server wants it: nearly every mail fits, so that its size is known in time.
  static constexpr std::size_t read_ahead = 1024 * 1024;
  // How much is kept ready while it is sent: more would be out of the processor's cache before it is wanted.
  static constexpr std::size_t send_ahead = 2 * max_body_piece;

 private:
  void add(std::string_view bytes);
  void finish();

  std::unique_ptr<char[]> input_;  // what one read_more() reads into
  ByteQueue waiting_;              // what is to be sent
  MailSource source_;
  bool ended_ = false;
  bool sending_ = false;  // some of it is gone
  BodyCanonicalizer body_;
  std::uint64_t header_wire_size_;
  std::uint64_t header_counted_size_;
  bool header_eight_bit_;
};

}  // namespace msmtp
