// The attributes of SCRAM messages.
#include "authproc/scram.hpp"

#include "common/base64.hpp"
#include "common/text.hpp"

#include <utility>
#include <vector>

namespace msmtp {

namespace {

Unexpected unacceptable(std::string reason) {
  return fail(ExitCode::software, "the server's SCRAM challenge is not acceptable: " + std::move(reason));
}

// The value of PIECE when it is the attribute NAME.
std::string_view value_of(std::string_view piece, std::string_view name) {
  return piece.starts_with(name) ? piece.substr(name.size()) : std::string_view();
}

}  // namespace

std::string saslname(std::string_view user) {
  std::string name;
  for (const char c : user) {
    if (c == ',')
      name += "=2C";
    else if (c == '=')
      name += "=3D";
    else
      name += c;
  }
  return name;
}

Result<ScramServerFirst> parse_scram_server_first(std::string_view message, std::string_view client_nonce) {
  const std::vector<std::string_view> pieces = split(message, ',');
  if (pieces.size() < 3 || message.find('\0') != std::string_view::npos) return unacceptable("it lacks an attribute");
  const std::string_view nonce = value_of(pieces[0], "r=");
  if (!nonce.starts_with(client_nonce) || nonce.size() == client_nonce.size()) {
    return unacceptable("its nonce does not extend ours");
  }
  auto salt = base64_decode(value_of(pieces[1], "s="));
  if (!salt || salt->empty()) return unacceptable("it has no salt");
  const auto rounds = parse_decimal(value_of(pieces[2], "i="), UINT64_MAX);
  if (!rounds) return unacceptable("it has no number of rounds");
  if (*rounds < fewest_scram_rounds) return unacceptable(std::to_string(*rounds) + " rounds are too few");
  if (*rounds > most_scram_rounds) return unacceptable(std::to_string(*rounds) + " rounds are too many");
  return ScramServerFirst{nonce, std::move(*salt), *rounds};
}

std::string_view scram_server_error(std::string_view message) {
  return value_of(split(message, ',').front(), "e=");
}

}  // namespace msmtp
