// --configure: a configuration for a mail address, from what its domain says in the DNS.
#pragma once

#include "common/exit_code.hpp"
#include "common/messages.hpp"
#include "parent/console.hpp"
#include "parent/options.hpp"
#include "parent/places.hpp"

#include <string>
#include <string_view>

namespace msmtp {

// Prints the configuration for the address in OPTIONS; no configuration is read. Gives the exit code: EX_DATAERR for
// what is no mail address, EX_NOHOST when its domain names no server, EX_TEMPFAIL when name servers do not answer for
// now.
ExitCode write_configuration(const Options& options, const Places& places, const Console& console);

// The text: an account for ADDRESS (which has a local part and a domain) at SERVER, and in comments what is left to do.
// CONFIG_FILE is where it is to go; KEYRING is that of this build: "libsecret", "macos" or "none".
std::string configuration_text(const std::string& address, const Service& server, const std::string& config_file,
                               std::string_view keyring);

}  // namespace msmtp
