// A connection without TLS as a stream with deadlines.
#pragma once

#include "common/fd.hpp"
#include "netproc/stream.hpp"

#include <memory>

namespace msmtp {

class PlainStream : public Stream {
 public:
  // CONNECTION is a connected stream socket, blocking or not.
  explicit PlainStream(Fd connection);

  Result<std::size_t> read(std::span<char> room, const Deadline& deadline) override;
  Result<void> write(std::string_view bytes, const Deadline& deadline) override;
  void close() override;
  bool has_input() override;
  int number() const override { return fd_.number(); }

  // Gives the descriptor away, for example to TLS; the stream is at its end then.
  Fd take_fd();

 private:
  Fd fd_;
};

std::unique_ptr<PlainStream> plain_stream(Fd connection);

}  // namespace msmtp
