// Replies from a stream: what has arrived is kept until somebody asks for it.
#pragma once

#include "common/deadline.hpp"
#include "common/result.hpp"
#include "netproc/smtp_reply.hpp"
#include "netproc/stream.hpp"

#include <memory>
#include <string_view>

namespace msmtp {

class ReplyReader {
 public:
  explicit ReplyReader(Stream& stream);

  // The next reply, complete before DEADLINE. EX_PROTOCOL when it is malformed (server_reply: what came of it) or
  // the server closes the connection, EX_IOERR for the network.
  Result<Reply> next(const Deadline& deadline);

  // Whether the server has said something, or closed the connection, that next() has not given yet. Does not wait.
  bool has_input();
  // Whether the server has closed the connection, as far as it was read.
  bool has_ended() const { return ended_; }

  // Goes on with another stream; nothing that came over the first one is kept.
  void switch_to(Stream& stream);

 private:
  Error malformed();

  Stream* stream_;
  std::unique_ptr<char[]> buffer_;
  std::string_view unread_;  // in buffer_
  bool ended_ = false;
  ReplyParser parser_;
};

}  // namespace msmtp
