// The connection as the dialogue sees it: bytes with a deadline, whatever carries them.
#pragma once

#include "common/deadline.hpp"
#include "common/result.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace msmtp {

// Errors are EX_IOERR with a text such as "network read error: the operation timed out".
class Stream {
 public:
  virtual ~Stream() = default;

  // At least one byte, at most ROOM.size(); 0 at the end of the stream.
  virtual Result<std::size_t> read(std::span<char> room, const Deadline& deadline) = 0;

  // All of BYTES, in as few packets or TLS records as it takes.
  virtual Result<void> write(std::string_view bytes, const Deadline& deadline) = 0;

  // Ends the stream in an orderly way without waiting for the peer.
  virtual void close() = 0;

  // While there is more to send than one write() may carry: whether bytes from the peer are at hand, so
  // that nobody blocks on the other. Does not wait.
  virtual bool has_input() = 0;

  // The descriptor that is ready when has_input() is worth asking again, borrowed; -1 when there is none.
  virtual int number() const { return -1; }
};

}  // namespace msmtp
