// Attacks on files. Everybody may read and write these files, as far as their permissions go.
#include "tests/process/sandbox_attacks.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace msmtp::test {

int errno_of(long result) {
  return result < 0 ? errno : 0;
}

namespace {

int open_result(const std::string& path, int flags) {
  return errno_of(syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0600));
}

// Some files of /proc can be opened by everybody, and are then empty.
int read_result(const std::string& path) {
  const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  char byte;
  const long count = read(static_cast<int>(fd), &byte, 1);
  return count == 0 ? EACCES : errno_of(count);
}

int stat_result(const std::string& path, int flags) {
  struct stat status {};
  return errno_of(syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &status, flags));
}

// compose supervise resolve prepare connect handshake talk exchange server-fork serve token sign verifier-fork check
// keep
const Attack attacks[] = {
    {"open a user's file for reading", "L-L+LL----+----",
     [](const World& w) { return open_result(w.user_file, O_RDONLY); }},
    {"open a user's file without rights to it", "+-++++----+----",
     [](const World& w) { return open_result(w.user_file, O_PATH); }},
    {"open a user's file by way of a link", "L-L+LL----+----",
     [](const World& w) { return open_result(w.folder + "/link", O_RDONLY); }},
    {"open a user's file by way of ..", "L-L+LL----+----",
     [](const World& w) { return open_result(w.granted_folder + "/../user-file", O_RDONLY); }},
    {"open the granted file", "+-L+++----+----", [](const World& w) { return open_result(w.granted_file, O_RDONLY); }},
    {"open the resolver's file", "L-++LL----+----", [](const World&) { return open_result("/etc/hosts", O_RDONLY); }},
    {"open another file of /etc", "L-L+LL----+----", [](const World&) { return open_result("/etc/passwd", O_RDONLY); }},
    {"list a folder", "L-L+LL----+----", [](const World& w) { return open_result(w.folder, O_RDONLY | O_DIRECTORY); }},
    {"read the parent's memory from /proc", "L-LLLL----L----",
     [](const World& w) { return open_result("/proc/" + std::to_string(w.parent) + "/mem", O_RDONLY); }},
    {"read the parent's environment from /proc", "L-LLLL----L----",
     [](const World& w) { return read_result("/proc/" + std::to_string(w.parent) + "/environ"); }},
    {"read the parent's command line from /proc", "L-L+LL----+----",
     [](const World& w) { return read_result("/proc/" + std::to_string(w.parent) + "/cmdline"); }},
    {"read its own memory from /proc", "L-L.LL----.----",
     [](const World&) { return open_result("/proc/self/mem", O_RDONLY); }},
    {"open a user's file for writing", "uxuuuux---+----",
     [](const World& w) { return open_result(w.user_file, O_WRONLY); }},
    {"open a user's file for both", "uxuuuux---+----", [](const World& w) { return open_result(w.user_file, O_RDWR); }},
    {"open the granted file for writing", "uxuuuux---+----",
     [](const World& w) { return open_result(w.granted_file, O_WRONLY); }},
    {"empty the granted file", "uxuuuux---L----",
     [](const World& w) { return open_result(w.granted_file, O_RDONLY | O_TRUNC); }},
    {"create a file", "uxuuuux---+----",
     [](const World& w) { return open_result(w.folder + "/new", O_WRONLY | O_CREAT); }},
    {"create a file in the granted folder", "uxuuuux---+----",
     [](const World& w) { return open_result(w.granted_folder + "/new", O_WRONLY | O_CREAT); }},
    {"create a file without a name", "uxuuuux---+----",
     [](const World& w) { return open_result(w.folder, O_TMPFILE | O_RDWR); }},
#if defined(SYS_open)
    {"open by the old call", "uxuuuux---ux---",
     [](const World& w) { return errno_of(syscall(SYS_open, w.granted_file.c_str(), O_RDONLY)); }},
#endif
    {"open by the new call", "uxuuuux---ux---",
     [](const World& w) {
       const std::uint64_t how[3] = {O_RDONLY, 0, 0};
       return errno_of(syscall(SYS_openat2, AT_FDCWD, w.granted_file.c_str(), how, sizeof how));
     }},
    // Metadata of other files: where files may be read at all, the kernel has no wall against it.
    {"stat a user's file", "+-++++----+----", [](const World& w) { return stat_result(w.user_file, 0); }},
    // In supervise the price of a C library whose fstat(2) looks like this.
    {"stat a user's file in the disguise of fstat", "++++++----+----",
     [](const World& w) { return stat_result(w.user_file, AT_EMPTY_PATH); }},
    {"statx a user's file", "+-++++----+----",
     [](const World& w) {
       struct statx status {};
       return errno_of(syscall(SYS_statx, AT_FDCWD, w.user_file.c_str(), 0, STATX_SIZE, &status));
     }},
    {"ask whether a file is there", "+-++++----+----",
     [](const World& w) { return errno_of(syscall(SYS_faccessat, AT_FDCWD, w.user_file.c_str(), R_OK)); }},
    {"read a link", "+-++++----+----",
     [](const World& w) {
       char target[64];
       return errno_of(syscall(SYS_readlinkat, AT_FDCWD, (w.folder + "/link").c_str(), target, sizeof target));
     }},
    {"read an attribute of a file", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_getxattr, w.user_file.c_str(), "user.x", nullptr, 0)); }},
    {"make a folder", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_mkdirat, AT_FDCWD, (w.folder + "/d").c_str(), 0700)); }},
    {"remove a file", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_unlinkat, AT_FDCWD, w.user_file.c_str(), 0)); }},
    {"rename a file", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       return errno_of(syscall(SYS_renameat2, AT_FDCWD, w.user_file.c_str(), AT_FDCWD, (w.folder + "/n").c_str(), 0));
     }},
    {"link a file", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       return errno_of(syscall(SYS_linkat, AT_FDCWD, w.user_file.c_str(), AT_FDCWD, (w.folder + "/l").c_str(), 0));
     }},
    {"make a symbolic link", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_symlinkat, "x", AT_FDCWD, (w.folder + "/s").c_str())); }},
    {"make a node", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       return errno_of(syscall(SYS_mknodat, AT_FDCWD, (w.folder + "/f").c_str(), S_IFIFO | 0600, 0));
     }},
    {"change a file's mode", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_fchmodat, AT_FDCWD, w.user_file.c_str(), 04777)); }},
    {"change an open file's mode", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_fchmod, w.open_file.number(), 04777)); }},
    {"change a file's owner", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_fchownat, AT_FDCWD, w.user_file.c_str(), 0, 0, 0)); }},
    {"cut a file", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_truncate, w.user_file.c_str(), 0L)); }},
    {"cut an open file", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_ftruncate, w.open_file.number(), 0L)); }},
    {"change a file's times", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_utimensat, AT_FDCWD, w.user_file.c_str(), nullptr, 0)); }},
    {"watch files", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_inotify_init1, 0)); }},
    {"change the working directory", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_chdir, w.folder.c_str())); }},
    {"lock a file by the other call", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(syscall(SYS_flock, w.open_file.number(), 2)); }},
    {"learn about a file system", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       char space[256];
       return errno_of(syscall(SYS_statfs, w.folder.c_str(), space));
     }},
    {"open by a handle", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_open_by_handle_at, -1, nullptr, 0)); }},
    {"change the root", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_chroot, w.folder.c_str())); }},
};

}  // namespace

std::span<const Attack> attacks_on_files() {
  return attacks;
}

}  // namespace msmtp::test
