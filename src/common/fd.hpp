// Descriptors with an owner. Every descriptor that this program opens is close-on-exec.
#pragma once

#include "common/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace msmtp {

// Owns one descriptor and closes it. Descriptor 0 is a descriptor, so there is no conversion to bool.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }  // borrowed: the caller must not close it
  int release() { return std::exchange(number_, -1); }
  void close();

 private:
  int number_ = -1;
};

struct Pipe {
  Fd read_end;
  Fd write_end;
};

struct SocketPair {
  Fd left;
  Fd right;
};

Result<Pipe> make_pipe();
Result<SocketPair> make_seqpacket_pair();

// Opens PATH for reading (O_CLOEXEC, O_NOCTTY). The error is EX_IOERR with "PATH: reason".
Result<Fd> open_for_reading(const std::string& path);

Result<void> set_nonblocking(const Fd& fd);

// Writes all of BYTES to a blocking descriptor; EX_IOERR otherwise.
Result<void> write_all(const Fd& fd, std::string_view bytes);

// The text of an errno value, without any locale's translation or a look at files.
std::string error_text(int errno_value);

}  // namespace msmtp
