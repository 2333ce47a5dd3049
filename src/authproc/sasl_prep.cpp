// SASLprep by libgsasl.
#include "authproc/sasl_prep.hpp"

#include <gsasl.h>

namespace msmtp {

std::optional<Secret> sasl_prepared(std::string_view text, SaslText kind) {
  Secret terminated = Secret::copy_of(text);
  terminated.append(std::string_view("\0", 1));
  const auto flags = kind == SaslText::query ? GSASL_ALLOW_UNASSIGNED : Gsasl_saslprep_flags{};
  char* output = nullptr;
  if (gsasl_saslprep(terminated.reveal().data(), flags, &output, nullptr) != GSASL_OK) return std::nullopt;
  const std::size_t size = std::char_traits<char>::length(output);
  Secret copy = Secret::copy_of({output, size});
  wipe_memory(output, size);
  gsasl_free(output);
  return copy;
}

}  // namespace msmtp
