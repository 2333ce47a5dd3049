// The attributes of SCRAM messages.
#include "authproc/scram.hpp"

#include "common/text.hpp"

#include <string>
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

std::string_view scram_nonce(std::string_view client_first) {
  const std::size_t at = client_first.rfind(",r=");
  return at == std::string_view::npos ? std::string_view() : client_first.substr(at + 3);
}

Result<void> check_scram_server_first(std::string_view message, std::string_view client_nonce) {
  const std::vector<std::string_view> pieces = split(message, ',');
  if (pieces.size() < 3 || message.find('\0') != std::string_view::npos) return unacceptable("it lacks an attribute");
  const std::string_view nonce = value_of(pieces[0], "r=");
  if (!nonce.starts_with(client_nonce) || nonce.size() == client_nonce.size()) {
    return unacceptable("its nonce does not extend ours");
  }
  if (value_of(pieces[1], "s=").empty()) return unacceptable("it has no salt");
  const auto rounds = parse_decimal(value_of(pieces[2], "i="), UINT64_MAX);
  if (!rounds) return unacceptable("it has no number of rounds");
  if (*rounds < fewest_scram_rounds) return unacceptable(std::to_string(*rounds) + " rounds are too few");
  if (*rounds > most_scram_rounds) return unacceptable(std::to_string(*rounds) + " rounds are too many");
  return {};
}

std::string_view scram_server_error(std::string_view message) {
  return value_of(split(message, ',').front(), "e=");
}

}  // namespace msmtp
