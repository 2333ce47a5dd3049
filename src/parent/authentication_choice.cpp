// Choosing a SASL mechanism.
#include "parent/authentication_choice.hpp"

#include "common/mechanism.hpp"

#include <array>
#include <string>

namespace msmtp {

namespace {

using enum Mechanism;

// From best to worst. Those that need something special (GSSAPI, EXTERNAL, the OAuth ones) are never chosen unasked.
constexpr std::array with_tls = {scram_sha_256, scram_sha_1, plain, cram_md5, digest_md5, login, ntlm};
constexpr std::array without_tls = {scram_sha_256, scram_sha_1};

template <std::size_t N>
std::optional<Mechanism> first_of(const std::array<Mechanism, N>& order, MechanismSet offered) {
  for (const Mechanism mechanism : order) {
    if (offered.has(mechanism) && is_available(mechanism)) return mechanism;
  }
  return std::nullopt;
}

}  // namespace

Result<Mechanism> choose_mechanism(const Account& account, const Capabilities& capabilities, bool secured) {
  if (!capabilities.auth) return fail(ExitCode::unavailable, "the server does not support authentication");
  if (const auto wanted = account.auth.mechanism) {
    if (capabilities.mechanisms.has(*wanted)) return *wanted;
    return fail(ExitCode::unavailable,
                "the server does not support authentication method " + std::string(name(*wanted)));
  }
  const auto chosen =
      secured ? first_of(with_tls, capabilities.mechanisms) : first_of(without_tls, capabilities.mechanisms);
  if (chosen) return *chosen;
  return fail(ExitCode::unavailable,
              secured ? "cannot find a usable authentication method" : "cannot use a secure authentication method");
}

bool needs_user(Mechanism mechanism) {
  return mechanism != external;
}

bool needs_password(Mechanism mechanism) {
  return mechanism != external && mechanism != gssapi;
}

bool password_may_be_asked_for(const Account& account) {
  return !account.password && !account.passwordeval &&
         (!account.auth.mechanism || needs_password(*account.auth.mechanism));
}

}  // namespace msmtp
