// Where keepers are found.
//
// A lock says whose a slot is, and a socket that nobody holds refuses datagrams: files that a keeper leaves behind mean
// nothing, and it needs no right to take them away.
#include "parent/keeper_place.hpp"

#include "common/socket_address.hpp"
#include "parent/local_names.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace msmtp {

namespace {

// systemd may name several with colons between them.
std::string runtime_directory() {
  if (const auto of_user = environment_variable("XDG_RUNTIME_DIR"); of_user && !of_user->empty()) return *of_user;
  const std::string of_service = environment_variable("RUNTIME_DIRECTORY").value_or(std::string());
  return of_service.substr(0, of_service.find(':'));
}

// Whether PATH is a directory of ours, with none of the bits FORBIDDEN in its mode.
bool is_ours(const std::string& path, mode_t forbidden) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode) && facts.st_uid == geteuid() &&
         (facts.st_mode & forbidden) == 0;
}

Fd datagram_socket() {
  return Fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

}  // namespace

Result<std::string> keeper_directory() {
  const std::string runtime = runtime_directory();
  if (!runtime.starts_with('/')) return fail(ExitCode::unavailable, "XDG_RUNTIME_DIR is not set");
  if (!is_ours(runtime, S_IWGRP | S_IWOTH)) {
    return fail(ExitCode::unavailable,
                runtime + ": is no directory that only its owner, who is the caller, can change");
  }
  const std::string path = runtime + "/msmtp";
  if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return fail(ExitCode::unavailable, path + ": " + error_text(errno));
  }
  if (!is_ours(path, S_IRWXG | S_IRWXO)) {
    return fail(ExitCode::unavailable, path + ": is no directory that only the caller has access to");
  }
  return path;
}

std::string network_of_process() {
  char name[64];
  const ssize_t size = readlink("/proc/self/ns/net", name, sizeof name);
  return size > 0 ? std::string(name, static_cast<std::size_t>(size)) : std::string();
}

KeeperSlot::KeeperSlot(const std::string& directory, const std::string& name, unsigned number)
    : path_(directory + '/' + name + '.' + std::to_string(number)) {}

Fd KeeperSlot::reach() const {
  struct stat facts {};
  if (lstat(path_.c_str(), &facts) != 0 || !S_ISSOCK(facts.st_mode) || facts.st_uid != geteuid()) return Fd();
  const auto address = unix_socket_address(path_);
  Fd fd = datagram_socket();
  if (!address || !fd.is_open() || connect(fd.number(), address->get(), address->size) != 0) return Fd();
  return fd;
}

KeeperSlot::Holding KeeperSlot::take() const {
  const auto address = unix_socket_address(path_);
  Holding holding;
  holding.lock = Fd(open((path_ + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600));
  if (!address || !holding.lock.is_open() || flock(holding.lock.number(), LOCK_EX | LOCK_NB) != 0) return {};
  (void)unlink(path_.c_str());
  holding.requests = datagram_socket();
  if (!holding.requests.is_open() || bind(holding.requests.number(), address->get(), address->size) != 0) return {};
  return holding;
}

}  // namespace msmtp
