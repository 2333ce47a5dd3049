// A unix socket at a path.
//
// Others may start at the same time, or may be able to write into the directory. So the socket is made beside its
// place, and put there when it listens: one that refuses connections was left behind. What is done to a file as root is
// done to one that was looked at.
#include "parent/local_socket.hpp"

#include "common/socket_address.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr int backlog = 4096;  // the kernel cuts it to what the system's administrator allows
constexpr int attempts = 10;

Unexpected cannot(const std::string& path, ExitCode code, const std::string& reason) {
  return fail(code, "cannot listen on unix:" + path + ": " + reason);
}

Result<SocketAddress> unix_address(const std::string& path) {
  if (const auto address = unix_socket_address(path)) return *address;
  return fail(ExitCode::usage,
              "the path of the socket is longer than " + std::to_string(max_unix_path) + " bytes: " + path);
}

// A name in the same directory that nobody else takes, as long as any process number lets it be.
std::string name_beside(const std::string& path, char use) {
  return path.substr(0, path.rfind('/') + 1) + '.' + use + std::to_string(getpid());
}

// A name that is gone at the end.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) { (void)unlink(path_.c_str()); }
  ~Temporary() { (void)unlink(path_.c_str()); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Whether nobody listens at PATH.
bool is_abandoned(const std::string& path) {
  const auto address = unix_address(path);
  const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return address && probe.is_open() && connect(probe.number(), address->get(), address->size) != 0 &&
         errno == ECONNREFUSED;
}

// Takes what is at PATH away when a process like ours left it behind: a socket, of ours, that refuses connections.
Result<void> clear_path(const std::string& path, const DaemonUser& owner) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return {};  // whoever was there has gone
  if (!S_ISSOCK(facts.st_mode)) return cannot(path, ExitCode::cannot_create, "there is something that is no socket");
  if (facts.st_uid != geteuid() && facts.st_uid != owner.user) {
    return cannot(path, ExitCode::cannot_create, "the socket there belongs to another user");
  }
  if (!is_abandoned(path)) return cannot(path, ExitCode::unavailable, "another program does already");
  const std::string aside = name_beside(path, 'o');
  if (rename(path.c_str(), aside.c_str()) != 0) {
    return errno == ENOENT ? Result<void>() : cannot(path, ExitCode::cannot_create, error_text(errno));
  }
  struct stat moved {};
  const bool is_it = lstat(aside.c_str(), &moved) == 0 && moved.st_dev == facts.st_dev && moved.st_ino == facts.st_ino;
  if (is_it) {
    (void)unlink(aside.c_str());
  } else {
    (void)rename(aside.c_str(), path.c_str());  // of another who was quicker
  }
  return {};
}

// The mode is there from the first moment on: what chmod(2) finds later could be another's.
Result<void> bind_with_mode(const Fd& fd, const std::string& path, const std::string& shown, mode_t mode) {
  const auto address = unix_address(path);
  if (!address) return cannot(shown, ExitCode::usage, "the path of its directory is too long");
  const mode_t before = umask(~mode & 0777);
  const int outcome = bind(fd.number(), address->get(), address->size);
  const int reason = errno;
  umask(before);
  if (outcome != 0) return cannot(shown, ExitCode::cannot_create, error_text(reason));
  return {};
}

// Who may write into the directory could have put another file there: only what is certainly ours is given away.
Result<void> give_away(const std::string& path, const std::string& shown, uid_t user, gid_t group) {
#if defined(O_PATH) && defined(AT_EMPTY_PATH)
  const Fd file(open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts {};
  if (fstat(file.number(), &facts) != 0) return cannot(shown, ExitCode::cannot_create, error_text(errno));
  if (facts.st_uid == user && facts.st_gid == group) return {};
  if (!S_ISSOCK(facts.st_mode) || facts.st_uid != geteuid() || facts.st_nlink != 1) {
    return cannot(shown, ExitCode::cannot_create, "somebody has changed the directory meanwhile");
  }
  const int outcome = fchownat(file.number(), "", user, group, AT_EMPTY_PATH);
#else
  const int outcome = lchown(path.c_str(), user, group);
#endif
  if (outcome == 0) return {};
  return fail(ExitCode::no_permission, "cannot give the socket " + shown + " to its group: " + error_text(errno));
}

// Never over something else: link(2) does not replace.
Result<void> put_in_place(const std::string& made, const std::string& path, const DaemonUser& owner) {
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (link(made.c_str(), path.c_str()) == 0) return {};
    if (errno != EEXIST) return cannot(path, ExitCode::cannot_create, error_text(errno));
    TRY(clear_path(path, owner));
  }
  return cannot(path, ExitCode::unavailable, "another program does already");
}

}  // namespace

Result<LocalSocket> listen_at_path(const UnixInterface& interface, const DaemonUser& owner) {
  const std::string& path = interface.path;
  TRY(unix_address(path));
  const gid_t group = interface.group.empty() ? owner.group : TRY(find_group(interface.group));
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return cannot(path, ExitCode::os_error, error_text(errno));
  const Temporary made(name_beside(path, 'n'));
  TRY(bind_with_mode(fd, made.path(), path, interface.mode));
  TRY(give_away(made.path(), path, owner.user, group));
  if (listen(fd.number(), backlog) != 0) return cannot(path, ExitCode::os_error, error_text(errno));
  TRY(put_in_place(made.path(), path, owner));
  struct stat facts {};
  if (lstat(path.c_str(), &facts) != 0) return cannot(path, ExitCode::cannot_create, error_text(errno));
  return LocalSocket{std::move(fd), facts.st_dev, facts.st_ino};
}

}  // namespace msmtp
