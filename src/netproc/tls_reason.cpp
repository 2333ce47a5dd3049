// Errors of libtls.
#include "netproc/tls_reason.hpp"

#include "common/text.hpp"

#include <array>

namespace msmtp {

namespace {

// How libtls begins what it says about certificates.
constexpr std::array<std::string_view, 6> certificate_failures = {
    "certificate verification failed", "name `", "no OCSP", "OCSP", "ocsp", "no stapled OCSP",
};

bool is_about_the_certificate(std::string_view text) {
  for (const auto beginning : certificate_failures) {
    if (text.starts_with(beginning)) return true;
  }
  return false;
}

std::string_view without(std::string_view text, std::string_view beginning) {
  if (text.starts_with(beginning)) text.remove_prefix(beginning.size());
  return text;
}

}  // namespace

std::string_view plain_reason(std::string_view text) {
  const auto start = text.find("error:");
  if (start == std::string_view::npos) return text;
  const auto colon = text.rfind(':');
  const std::string_view reason = trim_blanks(text.substr(colon + 1));
  return reason.empty() ? text.substr(start) : reason;
}

Error handshake_error(std::string_view text) {
  if (is_about_the_certificate(text)) {
    const auto reason = without(text, "certificate verification failed: ");
    return {ExitCode::unavailable,
            "TLS certificate verification failed: " + std::string(plain_reason(reason)),
            {},
            Cause::plain};
  }
  const auto reason = plain_reason(without(text, "handshake failed: "));
  return {ExitCode::protocol, "TLS handshake failed: " + std::string(reason), {}, Cause::plain};
}

}  // namespace msmtp
