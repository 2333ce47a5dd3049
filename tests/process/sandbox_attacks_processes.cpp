// Attacks on other processes, and by way of new ones and of new code.
#include "tests/process/sandbox_attacks.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace msmtp::test {

namespace {

const char* const arguments[] = {"/bin/true", nullptr};

// A child that really came to be ends at once; its parent has seen that it works.
int child_result(long pid) {
  if (pid == 0) _exit(0);
  return errno_of(pid);
}

int clone_result(unsigned long flags) {
  return child_result(syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

int map_result(int protection, int flags, int fd) {
  return mmap(nullptr, 4096, protection, flags, fd, 0) == MAP_FAILED ? errno : 0;
}

int copy_memory(long call, const World& w) {
  char bytes[16] = {};
  const iovec here{bytes, sizeof bytes};
  const iovec there{const_cast<char*>(w.folder.data()), sizeof bytes};
  return errno_of(syscall(call, w.parent, &here, 1UL, &there, 1UL, 0UL));
}

// compose supervise resolve prepare connect handshake talk exchange server-fork serve token sign verifier-fork check
// keep
const Attack attacks[] = {
    {"execve", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_execve, arguments[0], arguments, nullptr)); }},
    {"execveat", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_execveat, AT_FDCWD, arguments[0], arguments, nullptr, 0)); }},
    {"fork", "!!!!!!!!+!!!+!!", [](const World&) { return child_result(fork()); }},
#if defined(SYS_fork)
    {"fork by the old call", "!!!!!!!!+!!!+!!", [](const World&) { return child_result(syscall(SYS_fork)); }},
    {"vfork", "!!!!!!!!!!!!!!!", [](const World&) { return child_result(syscall(SYS_vfork)); }},
#endif
    {"clone", "!!!!!!!!+!!!+!!", [](const World&) { return clone_result(0); }},
    {"a copy that shares its descriptors", "!!!!!!!!u!!!u!!", [](const World&) { return clone_result(CLONE_FILES); }},
    {"a copy in the place of a sibling", "!!!!!!!!u!!!u!!", [](const World&) { return clone_result(CLONE_PARENT); }},
    {"a copy in a name space of its own", "!!!!!!!!u!!!u!!", [](const World&) { return clone_result(CLONE_NEWUSER); }},
    {"a copy in the tracer's hands", "!!!!!!!!u!!!u!!", [](const World&) { return clone_result(CLONE_PTRACE); }},
    {"a copy with a handle", "!!!!!!!!u!!!u!!", [](const World&) { return clone_result(CLONE_PIDFD); }},
    {"a copy that nobody hears of", "!!!!!!!!u!!!u!!",
     [](const World&) { return child_result(syscall(SYS_clone, 0, nullptr, nullptr, nullptr, 0)); }},
    {"clone3", "!!!!!!!!o!!!o!!",
     [](const World&) {
       clone_args how{};
       how.exit_signal = SIGCHLD;
       return child_result(syscall(SYS_clone3, &how, sizeof how));
     }},
    {"a thread", "!!!!!!!!u!!!u!!",
     [](const World&) {
       pthread_t thread;
       return pthread_create(
           &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
     }},
    {"posix_spawn", "!!!!!!!!u!!!u!!",
     [](const World&) {
       pid_t pid;
       return posix_spawn(&pid, arguments[0], nullptr, nullptr, const_cast<char**>(arguments), nullptr);
     }},
    {"trace the parent", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(ptrace(PTRACE_ATTACH, w.parent, nullptr, nullptr)); }},
    {"be traced", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }},
    {"read the parent's memory", "!!!!!!!!!!!!!!!",
     [](const World& w) { return copy_memory(SYS_process_vm_readv, w); }},
    {"write the parent's memory", "!!!!!!!!!!!!!!!",
     [](const World& w) { return copy_memory(SYS_process_vm_writev, w); }},
    {"advise the parent's memory", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_process_madvise, -1, nullptr, 0, 0, 0)); }},
    {"compare with the parent", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_kcmp, w.parent, getpid(), 0, 0, 0)); }},
    {"signal the parent", "!!!!!!!!!!!!!!!", [](const World& w) { return errno_of(kill(w.parent, SIGCONT)); }},
    {"signal everybody", "!!!!!!!!!!!!!!!", [](const World&) { return errno_of(kill(-1, 0)); }},
    {"signal the parent's thread", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_tgkill, w.parent, w.parent, SIGCONT)); }},
    {"signal the parent's thread, bits above", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_tgkill, getpid() | (1L << 40), w.parent, SIGCONT)); }},
    {"signal the parent by the old call", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_tkill, w.parent, SIGCONT)); }},
    {"signal the parent with a value", "!!!!!!!!!!!!!!!",
     [](const World& w) {
       siginfo_t info{};
       info.si_code = SI_QUEUE;
       return errno_of(syscall(SYS_rt_sigqueueinfo, w.parent, SIGCONT, &info));
     }},
    {"signal the parent's thread with a value", "!!!!!!!!!!!!!!!",
     [](const World& w) {
       siginfo_t info{};
       info.si_code = SI_QUEUE;
       return errno_of(syscall(SYS_rt_tgsigqueueinfo, w.parent, w.parent, SIGCONT, &info));
     }},
    {"a handle of the parent", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_pidfd_open, w.parent, 0)); }},
    {"signal by a handle", "!!!!!!!!!!!!!!!",
     [](const World& w) {
       return errno_of(syscall(SYS_pidfd_send_signal, w.open_file.number(), SIGCONT, nullptr, 0));
     }},
    {"take the parent's descriptor", "!!!!!!!!!!!!!!!",
     [](const World& w) { return errno_of(syscall(SYS_pidfd_getfd, w.open_file.number(), 0, 0)); }},
    {"limit the parent", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
       return errno_of(syscall(SYS_prlimit64, w.parent, RLIMIT_STACK, &none, nullptr));
     }},
    {"slow the parent down", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(setpriority(PRIO_PROCESS, static_cast<id_t>(w.parent), 1)); }},
    {"move the parent to a processor", "uuuuuuuuuuuuuuu",
     [](const World& w) {
       cpu_set_t set;
       CPU_ZERO(&set);
       CPU_SET(0, &set);
       return errno_of(sched_setaffinity(w.parent, sizeof set, &set));
     }},
    {"have signals sent about a descriptor", "uuuuuuuuuuuuuuu",
     [](const World& w) { return errno_of(fcntl(w.tcp_socket.number(), F_SETOWN, w.parent)); }},
    {"a group of its own", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_setsid)); }},
    {"executable memory", "---------------",
     [](const World&) { return map_result(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1); }},
    {"executable memory from a file", "---------------",
     [](const World& w) { return map_result(PROT_READ | PROT_EXEC, MAP_PRIVATE, w.open_file.number()); }},
    {"memory made executable", "---------------",
     [](const World&) {
       void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
       return errno_of(mprotect(page, 4096, PROT_READ | PROT_EXEC));
     }},
    {"memory made executable with a key", "uuuuuuuuuuuuuuu",
     [](const World&) {
       void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
       return errno_of(syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_EXEC, -1));
     }},
    {"code made writable", "---------------",
     [](const World&) {
       const auto page = reinterpret_cast<std::uintptr_t>(&child_result) & ~std::uintptr_t{4095};
       return errno_of(mprotect(reinterpret_cast<void*>(page), 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
     }},
    {"reading that executes", "!!!!!!!!!!!!!!!",
     [](const World&) { return errno_of(syscall(SYS_personality, 0x0400000)); }},
    {"a file in memory", "!!!!!!!!!!!!!!!", [](const World&) { return errno_of(syscall(SYS_memfd_create, "x", 0)); }},
    {"shared memory", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_shmget, 0, 4096, 01600)); }},
    {"a message queue", "uuuuuuuuuuuuuuu", [](const World&) { return errno_of(syscall(SYS_msgget, 0, 01600)); }},
    {"a pipe", "uuuuuuuuuuuuuuu",
     [](const World&) {
       int ends[2];
       return errno_of(syscall(SYS_pipe2, ends, 0));
     }},
#if defined(__x86_64__)
    {"calls of the x32 kind", "***************",
     [](const World&) {
       const long result = syscall(SYS_getpid | 0x40000000);
       return result > 0 ? 0 : errno;
     }},
    {"calls of the 32-bit kind", "***************",
     [](const World&) {
       long result = 20;  // getpid
       __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
       return result > 0 ? 0 : static_cast<int>(-result);
     }},
#endif
};

}  // namespace

std::span<const Attack> attacks_on_processes() {
  return attacks;
}

}  // namespace msmtp::test
