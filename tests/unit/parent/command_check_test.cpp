// Whether a program is there to be executed.
#include "parent/command_check.hpp"

#include <catch2/catch.hpp>

using namespace msmtp;

TEST_CASE("a path is looked at, a name is looked for in PATH") {
  CHECK(why_not_executable("/bin/sh", "").empty());
  CHECK(why_not_executable("sh", "/nowhere:/bin").empty());
  CHECK(why_not_executable("sh", "/nowhere") == "it is in no directory of PATH");
  CHECK(why_not_executable("/nowhere/at/all", "/bin") == "No such file or directory");
  CHECK(why_not_executable("/etc/passwd", "/bin") == "Permission denied");
  CHECK(why_not_executable("/etc", "/bin") == "Is a directory");
  CHECK(why_not_executable("etc", "/") == "it is in no directory of PATH");
}
