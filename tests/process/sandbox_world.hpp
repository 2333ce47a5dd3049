// What lies outside the walls while a test attacks them from inside, and the way in: through the stages of a role in
// their order, with the grants that the program gives.
#pragma once

#include "common/fd.hpp"
#include "common/result.hpp"
#include "common/sandbox.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace msmtp::test {

// Files that everybody may read and write, and sockets that everybody may reach: what is refused is refused by the
// sandbox and by nothing else.
struct World {
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  pid_t parent;           // the process that made this
  std::string folder;     // of all that follows
  std::string user_file;  // granted to nobody
  std::string granted_folder;
  std::string granted_file;        // in it
  std::string socket_path;         // of a listener
  std::string abstract_name;       // of another, without the leading NUL
  std::uint16_t granted_port = 0;  // on 127.0.0.1, with listeners
  std::uint16_t other_port = 0;
  // Open before any stage is entered; the sockets are new in each process that enters one.
  Fd open_file;
  Fd tcp_socket;
  Fd udp_socket;

 private:
  std::vector<Fd> listeners_;
};

// The same stages, as three different builds and systems know them.
enum class Policy : std::uint8_t {
  strict,    // unlisted calls kill, as in all tests
  released,  // unlisted calls give ENOSYS
  last = released,
};

Result<void> enter_stage_as_released(Stage stage, const Grants& grants);  // in sandbox_released.cpp

// Whether the kernel has Landlock, and how much of it.
int landlock_level();

// The grants of the program for STAGE.
Grants grants_of(Stage stage, const World& world);

// Enters every confined stage of STAGE's role up to STAGE.
Result<void> enter_up_to(Stage stage, Policy policy, const World& world);

// Runs ACTION in a forked process that has entered STAGE. Gives its wait status. ACTION's value is its exit status:
// 0 or an errno. 255: the stage could not be entered.
int run_inside(Stage stage, Policy policy, const World& world, const std::function<int()>& action);

std::vector<Rights> confined_stages();
std::string title(const Rights& row);  // "netproc talk"

// Becomes a user without any right, if this is root, and stays as traceable as any other process.
void become_nobody_special();

}  // namespace msmtp::test
