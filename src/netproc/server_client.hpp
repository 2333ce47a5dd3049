// The SMTP client's descriptors, with deadlines and without a change of their flags, which belong to others too.
#pragma once

#include "common/deadline.hpp"
#include "common/fd.hpp"
#include "common/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace msmtp {

class ServerClient {
 public:
  // INPUT and OUTPUT may be sockets, pipes, terminals or files; without OUTPUT the first is both. While it waits for
  // input it also watches PARENT (borrowed).
  ServerClient(Fd input, std::optional<Fd> output, int parent);

  // What there is, at least one byte; 0 at the end of the input. Nothing when the parent has said something or is gone,
  // which comes before what the client says. EX_TEMPFAIL when DEADLINE passes, EX_IOERR when it cannot be read.
  Result<std::optional<std::size_t>> read(std::span<char> room, const Deadline& deadline);
  // All of BYTES. False when the client does not take any more, for it has gone; else as read().
  Result<bool> write(std::string_view bytes, const Deadline& deadline);
  // Whether read() would not wait.
  bool has_input() const;

 private:
  enum class Ready : std::uint8_t { client, parent };

  // The parent is watched while EVENTS is POLLIN: who is about to say the last words may find that it has gone.
  Result<Ready> wait(int number, short events, const Deadline& deadline) const;
  int output() const { return output_ ? output_->number() : input_.number(); }

  Fd input_;
  std::optional<Fd> output_;
  int parent_;
};

}  // namespace msmtp
