// The files that TLS needs, and where a system keeps the certificates that it trusts.
#pragma once

#include "common/result.hpp"
#include "common/sandbox.hpp"
#include "common/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

// The blocks with LABEL (see tls_pem.hpp) of the file that SETTING names, which has at most 64 MiB. EX_NOINPUT when it
// cannot be read or has none, naming both. A key in the same file is not in the result, and what was read is wiped.
Result<std::string> read_pem_file(std::string_view setting, const std::string& path, std::string_view label);

bool is_directory(const std::string& path);

// Whether NAME is what OpenSSL looks for in a directory: eight hex digits, a dot, a number ("002c0b4f.0").
bool is_hashed_name(std::string_view name);
// Whether there is at least one such name in DIRECTORY.
bool has_hashed_certificates(const std::string& directory);

// Everything that must be readable for a look-up in DIRECTORY: itself and where its links lead.
std::vector<PathGrant> reading_grants(const std::string& directory);

// A directory is hashed, and finding one certificate in it costs one small file; a bundle has to be parsed as a whole.
struct TrustPlace {
  std::string path;
  bool is_hashed_directory = false;
};

// Where this system's trusted certificates are: a hashed directory next to DEFAULT_BUNDLE or in a usual place, else the
// bundle. Nothing when there is neither.
std::optional<TrustPlace> system_trust(const std::string& default_bundle);

}  // namespace msmtp
