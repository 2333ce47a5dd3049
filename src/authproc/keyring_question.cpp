// The question, as search_keyring() writes it.
#include "authproc/keyring_question.hpp"

#include "common/messages.hpp"

#include <cerrno>
#include <unistd.h>

namespace msmtp {

std::optional<KeyringQuestion> read_keyring_question(const Fd& input) {
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t count = read(input.number(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(piece, static_cast<std::size_t>(count));
    if (text.size() > 4 * max_path) return std::nullopt;
  }
  const std::size_t end_of_host = text.find('\0');
  if (end_of_host == std::string::npos) return std::nullopt;
  return KeyringQuestion{text.substr(0, end_of_host), text.substr(end_of_host + 1)};
}

}  // namespace msmtp
