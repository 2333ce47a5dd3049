// The SMTP client's descriptors, with deadlines and without a change of their flags, which belong to others too.
#pragma once

#include "common/deadline.hpp"
#include "common/fd.hpp"
#include "common/result.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace msmtp {

class ServerClient {
 public:
  // INPUT and OUTPUT may be two descriptors or one twice, of a socket, a pipe, a terminal or a file. While it waits for
  // input it also watches PARENT (borrowed), for nobody may be served any more when that is closed.
  ServerClient(Fd input, Fd output, int parent);

  // What there is, at least one byte; 0 at the end of the input. EX_TEMPFAIL when DEADLINE passes, EX_IOERR when it
  // cannot be read, Cause::peer_gone when the parent is.
  Result<std::size_t> read(std::span<char> room, const Deadline& deadline);
  // All of BYTES. False when the client does not take any more, for it has gone; else as read().
  Result<bool> write(std::string_view bytes, const Deadline& deadline);
  // Whether read() would not wait.
  bool has_input() const;

 private:
  Result<void> wait(int number, short events, const Deadline& deadline) const;

  Fd input_;
  Fd output_;
  int parent_;
};

}  // namespace msmtp
