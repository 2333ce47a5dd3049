// Attacks on the kernel, and on what the process gave up.
#include "tests/process/sandbox_attacks.hpp"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace msmtp::test {

namespace {

int set_all_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};
  return errno_of(syscall(SYS_capset, &header, data));
}

int raise_core_limit() {
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  return errno_of(setrlimit(RLIMIT_CORE, &all));
}

// compose supervise resolve prepare connect handshake talk exchange server-fork serve token sign verifier-fork check
// keep
const Attack attacks[] = {
    {"become root", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_setuid, 0)); }},
    {"become root's group", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_setgid, 0)); }},
    {"become root in all respects", "ruuruuuuuuruuuu",
     [](const World&) { return errno_of(syscall(SYS_setresuid, 0, 0, 0)); }},
    {"become root's group in all respects", "ruuruuuuuuruuuu",
     [](const World&) { return errno_of(syscall(SYS_setresgid, 0, 0, 0)); }},
    {"join groups", "ruuruuuuuuruuuu",
     [](const World&) {
       const gid_t group = 0;
       return errno_of(syscall(SYS_setgroups, 1, &group));
     }},
    {"take the rights to files only", "uuuuuuuuuuuuuuu",
     [](const World&) { return errno_of(syscall(SYS_setfsuid, 0)); }},
    {"take capabilities back", "-uu---uu-u-u-uu", [](const World&) { return set_all_capabilities(); }},
    {"become traceable", "+uu+++uu+u+u+uu", [](const World&) { return errno_of(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }},
    {"be traceable by anybody", "uuuuuuuuuuuuuuu",
     [](const World&) { return errno_of(prctl(PR_SET_PTRACER, -1L, 0, 0, 0)); }},
    {"keep capabilities", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)); }},
    {"move its own memory", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(prctl(PR_SET_MM, 0, 0, 0, 0)); }},
    {"have a core dump", "-uu---uu-u-u-uu", [](const World&) { return raise_core_limit(); }},
    {"type into the terminal", "uuuuuuuuuuuuuuu",
     [](const World&) {
       char key = 'x';
       return errno_of(ioctl(STDIN_FILENO, TIOCSTI, &key));
     }},
    {"take the terminal", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(ioctl(STDIN_FILENO, TIOCSCTTY, 0)); }},
    {"list the interfaces", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       char space[64] = {};
       return errno_of(ioctl(w.udp_socket.number(), 0x8912 /* SIOCGIFCONF */, space));
     }},
    {"a ring of io_uring", "!!!!!!!!!!!!!!!",
     [](const World&) {
       char parameters[256] = {};
       return errno_of(syscall(SYS_io_uring_setup, 4, parameters));
     }},
    {"use a ring", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_io_uring_enter, -1, 0, 0, 0, nullptr, 0)); }},
    {"register with a ring", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_io_uring_register, -1, 0, nullptr, 0)); }},
    {"bpf", "!!!!!!!!!!!!!!!",
     [](const World&) {
       char attributes[128] = {};
       return errno_of(syscall(SYS_bpf, 0, attributes, sizeof attributes));
     }},
    {"handle page faults", "!!!!!!!!!!!!!!!", [](const World&) { return errno_of(syscall(SYS_userfaultfd, 0)); }},
    {"perf", "!!!!!!!!!!!!!!!",
     [](const World&) {
       char attributes[128] = {};
       return errno_of(syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
     }},
    {"keyctl", "!!!!!!!!!!!!!!!", [](const World&) { return errno_of(syscall(SYS_keyctl, 0, -3, 0, 0, 0)); }},
    {"add a key", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_add_key, "user", "x", "x", 1, -3)); }},
    {"request a key", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_request_key, "user", "x", nullptr, -3)); }},
    {"mount", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_mount, "x", w.folder.c_str(), "tmpfs", 0, nullptr)); }},
    {"unmount", "!!!!!!!!!!!!!!!", [](const World& w) { return errno_of(syscall(SYS_umount2, w.folder.c_str(), 0)); }},
    {"mount by the new calls", "uuuuuuuuuuuuuuu",
     [](const World&) { return errno_of(syscall(SYS_fsopen, "tmpfs", 0)); }},
    {"a name space of its own", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_unshare, CLONE_NEWUSER)); }},
    {"another name space", "!!!!!!!!!!!!!!!", [](const World&) { return errno_of(syscall(SYS_setns, -1, 0)); }},
    {"another root", "!!!!!!!!!!!!!!!", [](const World&) { return errno_of(syscall(SYS_pivot_root, "/", "/")); }},
    {"load a module", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_init_module, nullptr, 0, "")); }},
    {"load a module from a file", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_finit_module, -1, "", 0)); }},
    {"read the kernel's log", "uuuuuuuuuuuuuuu",
     [](const World&) { return errno_of(syscall(SYS_syslog, 10, nullptr, 0)); }},
    {"set the clock", "uuuuuuuuuuuuuuu",
     [](const World&) {
       const timespec impossible{0, -1};
       return errno_of(syscall(SYS_clock_settime, CLOCK_REALTIME, &impossible));
     }},
    {"name the host", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_sethostname, nullptr, -1)); }},
    {"restart the machine", "uuuuuuuuuuuuuuu",
     [](const World&) { return errno_of(syscall(SYS_reboot, 0, 0, 0, nullptr)); }},
    {"a timer", "uuuuuuuuuuuuuuu",
     [](const World&) { return errno_of(syscall(SYS_timer_create, CLOCK_MONOTONIC, nullptr, nullptr)); }},
    {"epoll", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_epoll_create1, 0)); }},
    {"copy between descriptors", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       return errno_of(syscall(SYS_sendfile, w.open_file.number(), w.open_file.number(), nullptr, 1));
     }},
    {"a call that no kernel has", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(4000)); }},
};

}  // namespace

std::span<const Attack> attacks_on_system() {
  return attacks;
}

}  // namespace msmtp::test
