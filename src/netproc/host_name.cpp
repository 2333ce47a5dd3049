// Host names as the DNS wants them.
#include "netproc/host_name.hpp"

#include "common/text.hpp"

#include <idn2.h>
#include <memory>

namespace msmtp {

Result<std::string> ascii_host_name(std::string_view host) {
  if (!has_non_ascii(host)) return std::string(host);
  char* labels = nullptr;
  const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
  const int outcome = idn2_to_ascii_8z(std::string(host).c_str(), &labels, flags);
  if (outcome != IDN2_OK) {
    return fail(ExitCode::no_host, "cannot locate host " + std::string(host) + ": " + idn2_strerror(outcome));
  }
  const std::unique_ptr<char, void (*)(void*)> owner(labels, idn2_free);
  return std::string(labels);
}

}  // namespace msmtp
