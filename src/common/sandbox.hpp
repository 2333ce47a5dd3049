// Entering a stage: from here on the process can do what its row in the table of rights says, and less
// where the caller names less. There is no way back.
#pragma once

#include "common/lesser_user.hpp"
#include "common/result.hpp"
#include "common/roles.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace msmtp {

struct PathGrant {
  enum class Access : std::uint8_t { read, write };  // write: read, append, and create in a directory
  std::string path;                                  // a file, or a directory with all below it
  Access access = Access::read;
};

// What a stage needs of what its row allows.
struct Grants {
  std::vector<PathGrant> paths;               // all other files are out of reach; those missing are left out
  std::optional<std::uint16_t> connect_port;  // the one TCP port that connect(2) may reach
  bool bind_source = false;                   // bind(2) to a local address, any port
  Promises give_up;                           // promises of the row that are not needed this time
  std::optional<LesserUser> user;             // whom root becomes; looked up when it is not here
};

// How far the running system lets us go.
struct SandboxLevel {
  std::string text;  // "seccomp, Landlock ABI 7", "pledge, unveil", "none"
};
SandboxLevel sandbox_level();

// First thing in every process: no core dumps, not dumpable (no ptrace by the same user), and on Linux
// the child dies with its parent when DIE_WITH_PARENT is set.
void harden_process(bool die_with_parent);

// Takes DIE_WITH_PARENT back. As long as there are stages to come.
void outlive_parent();

// Gives up all that STAGE's row and GRANTS do not name: becomes the privsep user where the row says so
// and we are root, then drops capabilities, resources, paths and system calls. EX_OSERR when the system
// refuses one of the walls that must hold.
Result<void> enter_stage(Stage stage, const Grants& grants = {});

// Gives up every capability of this process, the ambient ones too, where there are such. The bounding set stays: root
// gets them again for a program that it executes. EX_OSERR when the system refuses.
Result<void> drop_all_capabilities();

}  // namespace msmtp
