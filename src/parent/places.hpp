// Where things are on this system.
#pragma once

#include <string>

namespace msmtp {

struct Places {
  std::string sysconfdir;  // msmtprc, netrc, mailname
  std::string helpers;     // the directory of the helper executables
};

}  // namespace msmtp
