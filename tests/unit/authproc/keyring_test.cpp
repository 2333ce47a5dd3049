// Where the key ring's program is, and when it is worth starting.
#include "authproc/keyring.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

using namespace msmtp;

TEST_CASE("keyring: the program is beside the one that runs, installed or not") {
  CHECK(keyring_program("/build/libexec/msmtp/msmtp-authproc", "/usr/libexec/msmtp", false) ==
        "/build/libexec/msmtp/msmtp-keyring");
  CHECK(keyring_program("/msmtp-authproc", "/usr/libexec/msmtp", false) == "/msmtp-keyring");
}

TEST_CASE("keyring: a set-id program, or one that does not know where it is, takes the installed one") {
  CHECK(keyring_program("/tmp/evil/msmtp-authproc", "/usr/libexec/msmtp", true) == "/usr/libexec/msmtp/msmtp-keyring");
  CHECK(keyring_program("", "/usr/libexec/msmtp", false) == "/usr/libexec/msmtp/msmtp-keyring");
  CHECK(keyring_program("msmtp-authproc", "/usr/libexec/msmtp", false) == "/usr/libexec/msmtp/msmtp-keyring");
}

TEST_CASE("keyring: there is a bus when an address names one, or its socket lies where it always does") {
  CHECK(has_session_bus("unix:path=/run/user/1000/bus", nullptr));
  CHECK_FALSE(has_session_bus(nullptr, nullptr));
  CHECK_FALSE(has_session_bus("", nullptr));
  CHECK_FALSE(has_session_bus("autolaunch:", nullptr));
  char folder[] = "/tmp/keyring-test-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  CHECK_FALSE(has_session_bus(nullptr, folder));
  const std::string socket = std::string(folder) + "/bus";
  close(open(socket.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  CHECK(has_session_bus(nullptr, folder));
  CHECK(has_session_bus("", folder));
  CHECK_FALSE(has_session_bus("autolaunch:", folder));
  unlink(socket.c_str());
  rmdir(folder);
}
