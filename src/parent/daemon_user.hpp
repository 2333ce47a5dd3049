// Whom msmtpd becomes when it has its sockets.
#pragma once

#include "common/result.hpp"

#include <string>
#include <sys/types.h>

namespace msmtp {

struct DaemonUser {
  uid_t user = 0;
  gid_t group = 0;
  std::string name;  // whose further groups it gets; empty: it stays who it is
};

// USER and GROUP are names or numbers; empty: who we are, and the group of the user. EX_NOUSER for names that nobody
// has, EX_NOPERM when only root could become that, EX_USAGE for a group without a user.
Result<DaemonUser> find_daemon_user(const std::string& user, const std::string& group);
// For the name or number of a group; EX_NOUSER.
Result<gid_t> find_group(const std::string& group);

// Becomes WHO, for good, and gives up all capabilities, whoever that is. EX_OSERR when the system refuses.
Result<void> become_daemon_user(const DaemonUser& who);

}  // namespace msmtp
