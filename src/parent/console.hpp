// What the user reads: lines on stderr after the program's name, and text on stdout.
#pragma once

#include <string>
#include <string_view>

namespace msmtp {

class Console {
 public:
  explicit Console(std::string_view program) : program_(program) {}

  // "PROGRAM: TEXT" on stderr, made printable.
  void complain(std::string_view text) const;
  // Text on stdout as it is; false when it could not be written.
  bool print(std::string_view text) const;

 private:
  std::string program_;
};

}  // namespace msmtp
