// The fixed fields of an NTLM challenge.
#include "authproc/ntlm.hpp"

#include <cstdint>
#include <string>

namespace msmtp {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t fixed_size = 32;  // signature, type, target name, flags, challenge
constexpr std::size_t target_field = 12;

// SIZE bytes of MESSAGE, the lowest first.
std::uint32_t number_at(std::string_view message, std::size_t offset, std::size_t size) {
  std::uint32_t number = 0;
  for (std::size_t i = size; i > 0; --i) number = number << 8 | static_cast<unsigned char>(message[offset + i - 1]);
  return number;
}

Unexpected unacceptable(std::string reason) {
  return fail(ExitCode::software, "the server's NTLM challenge is not acceptable: " + std::move(reason));
}

}  // namespace

Result<void> check_ntlm_challenge(std::string_view message) {
  if (message.size() < fixed_size) return unacceptable("it is too short");
  if (!message.starts_with("NTLMSSP\0\x02\0\0\0"sv)) return unacceptable("it is another message");
  const std::uint32_t size = number_at(message, target_field, 2);
  const std::uint32_t offset = number_at(message, target_field + 4, 4);
  if (size == 0) return {};
  if (size % 2 != 0 || size > 2 * longest_ntlm_name) return unacceptable("its target has no proper length");
  if (offset < fixed_size || offset > message.size() || size > message.size() - offset) {
    return unacceptable("its target is not in it");
  }
  return {};
}

}  // namespace msmtp
