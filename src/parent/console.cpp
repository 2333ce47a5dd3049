// Output without stdio: whole lines, one write each.
#include "parent/console.hpp"

#include "common/text.hpp"

#include <cerrno>
#include <unistd.h>

namespace msmtp {

namespace {

bool write_text(int number, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(number, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

void Console::complain(std::string_view text) const {
  (void)write_text(STDERR_FILENO, program_ + ": " + printable(text) + "\n");
}

bool Console::print(std::string_view text) const {
  return write_text(STDOUT_FILENO, text);
}

}  // namespace msmtp
