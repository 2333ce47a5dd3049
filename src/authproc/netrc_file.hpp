// A netrc file: opened, checked and searched.
#pragma once

#include "common/result.hpp"
#include "common/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace msmtp {

enum class NetrcOwner { user, system };

// The password of LOGIN at MACHINE in the file PATH; nothing when there is no such file or no such entry.
//
// A user's file that holds the password must belong to the user and be closed to everybody else, as a
// configuration file with a password must: EX_CONFIG otherwise. That is asked of the opened file, and not of
// root. EX_CONFIG too for a file of more than 1 MiB; a file that cannot be read is a warning.
Result<std::optional<Secret>> search_netrc_file(const std::string& path, NetrcOwner owner, std::string_view machine,
                                                std::string_view login);

}  // namespace msmtp
