// Choosing a SASL mechanism.
#include "parent/authentication_choice.hpp"

#include "common/mechanism.hpp"

#include <array>
#include <string>

namespace msmtp {

namespace {

using enum Mechanism;

// From best to worst. Those that need something special (GSSAPI, EXTERNAL, the OAuth ones) are never chosen unasked.
constexpr std::array with_tls = {scram_sha_256_plus, scram_sha_1_plus, scram_sha_256, scram_sha_1, plain,
                                 cram_md5,           digest_md5,       login,         ntlm};
constexpr std::array without_tls = {scram_sha_256, scram_sha_1};

template <std::size_t N>
std::optional<Mechanism> first_of(const std::array<Mechanism, N>& order, MechanismSet offered, bool has_binding) {
  for (const Mechanism mechanism : order) {
    if (binds_channel(mechanism) && !has_binding) continue;
    if (offered.has(mechanism) && is_available(mechanism)) return mechanism;
  }
  return std::nullopt;
}

Result<Mechanism> wanted_mechanism(Mechanism wanted, MechanismSet offered, const Protection& protection) {
  const std::string method = "authentication method " + std::string(name(wanted));
  if (!offered.has(wanted)) return fail(ExitCode::unavailable, "the server does not support " + method);
  if (!binds_channel(wanted) || protection.binding.is_known()) return wanted;
  if (!protection.tls) return fail(ExitCode::unavailable, method + " needs TLS");
  return fail(ExitCode::unavailable, method + " needs TLS 1.3, or TLS 1.2 with the extended master secret");
}

}  // namespace

Result<Mechanism> choose_mechanism(const Account& account, const Capabilities& capabilities,
                                   const Protection& protection) {
  const MechanismSet offered = capabilities.mechanisms;
  if (!capabilities.auth) return fail(ExitCode::unavailable, "the server does not support authentication");
  if (const auto wanted = account.auth.mechanism) return wanted_mechanism(*wanted, offered, protection);
  const bool has_binding = protection.binding.is_known();
  const auto chosen =
      protection.tls ? first_of(with_tls, offered, has_binding) : first_of(without_tls, offered, has_binding);
  if (chosen) return *chosen;
  return fail(ExitCode::unavailable, protection.tls ? "cannot find a usable authentication method"
                                                    : "cannot use a secure authentication method");
}

ChannelBinding binding_to_tell(Mechanism mechanism, const Capabilities& capabilities, const ChannelBinding& binding) {
  const bool is_plain_scram = mechanism == scram_sha_256 || mechanism == scram_sha_1;
  const bool offered = capabilities.mechanisms.has(scram_sha_256_plus) || capabilities.mechanisms.has(scram_sha_1_plus);
  if (binds_channel(mechanism) || (is_plain_scram && !offered)) return binding;
  return {};
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
