// The texts of --version, --help, -bp and -bi.
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
  std::string_view keyring = "none";  // "libsecret", "macos"
  std::string system_file;
  std::string user_file;             // the result of its look-up
  std::vector<std::string> sandbox;  // a line each, with its label: which walls hold here
};

std::string version_text(const VersionFacts& facts);

// PROGRAM is the name that the usage lines begin with.
std::string help_text(std::string_view program);

// What mailq (-bp) and newaliases (-bi) answer: one line each.
std::string_view mail_queue_text();
std::string_view new_aliases_text();

}  // namespace msmtp
