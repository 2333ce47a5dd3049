// AUTH, the server's side.
#include "netproc/server_login.hpp"

#include "common/base64.hpp"
#include "netproc/server_lines.hpp"

#include <algorithm>

namespace msmtp {

std::string login_offer() {
  std::string offer;
  for (const Mechanism mechanism : login_mechanisms) {
    if (!offer.empty()) offer += ' ';
    offer += name(mechanism);
  }
  return offer;
}

std::optional<Mechanism> login_mechanism(std::string_view name) {
  const auto mechanism = mechanism_named(name);
  if (!mechanism || std::ranges::find(login_mechanisms, *mechanism) == login_mechanisms.end()) return std::nullopt;
  return mechanism;
}

std::optional<Secret> decode_initial_response(std::string_view text) {
  if (text == "=") return Secret();
  return decode_login_response(text);
}

std::optional<Secret> decode_login_response(std::string_view text) {
  Secret bytes = Secret::with_capacity(text.size());
  const auto size = base64_decode_to(text, bytes.spare());
  if (!size) return std::nullopt;
  bytes.grow_by(*size);
  return bytes;
}

std::optional<std::string> challenge_line(std::string_view challenge) {
  std::string line = "334 " + base64_encode(challenge);
  if (line.size() > max_login_line) return std::nullopt;
  return line + "\r\n";
}

}  // namespace msmtp
