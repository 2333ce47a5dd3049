// The SASL mechanisms by name.
#include "common/mechanism.hpp"

#include "common/text.hpp"

#include <array>
#include <config.hpp>

namespace msmtp {

namespace {

constexpr std::array<std::string_view, mechanism_count> names = {
    "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "GSSAPI",  "EXTERNAL",
    "OAUTHBEARER",        "CRAM-MD5",         "DIGEST-MD5",    "LOGIN",       "NTLM",  "XOAUTH2",
};

}  // namespace

std::string_view name(Mechanism mechanism) {
  return names[static_cast<std::size_t>(mechanism)];
}

std::optional<Mechanism> mechanism_named(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (equal_ignoring_case(names[i], name)) return static_cast<Mechanism>(i);
  }
  return std::nullopt;
}

bool is_available(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::scram_sha_256_plus:
    case Mechanism::scram_sha_1_plus:
    case Mechanism::scram_sha_256:
    case Mechanism::scram_sha_1:
    case Mechanism::plain:
    case Mechanism::external:
    case Mechanism::oauthbearer:
    case Mechanism::cram_md5:
    case Mechanism::digest_md5:
    case Mechanism::login:
    case Mechanism::ntlm:
    case Mechanism::xoauth2: return true;
    case Mechanism::gssapi: return config::with_gssapi;
  }
  return false;
}

bool binds_channel(Mechanism mechanism) {
  return mechanism == Mechanism::scram_sha_256_plus || mechanism == Mechanism::scram_sha_1_plus;
}

bool sends_password(Mechanism mechanism) {
  return mechanism == Mechanism::plain || mechanism == Mechanism::login || mechanism == Mechanism::oauthbearer ||
         mechanism == Mechanism::xoauth2;
}

}  // namespace msmtp
