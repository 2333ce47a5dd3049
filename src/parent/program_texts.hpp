// The texts of --version and --help.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

// What --version says besides its labels.
struct VersionFacts {
  std::string_view package;
  std::string_view version;
  std::string_view platform;
  std::string_view tls_library;   // "libtls", or "none"
  std::string_view sasl_library;  // "GNU SASL", or "none"
  bool has_idn = false;
  bool has_keyring = false;
  std::string system_file;
  std::string user_file;             // the result of its look-up
  std::vector<std::string> sandbox;  // a line each, with its label: which walls hold here
};

std::string version_text(const VersionFacts& facts);

// PROGRAM is the name that the usage lines begin with.
std::string help_text(std::string_view program);

}  // namespace msmtp
