// seccomp: which system calls each promise stands for. Only the generator of the filters is linked with this, and with
// libseccomp: the programs have the result (sandbox_linux_filter.cpp).
//
// Lists drift with C libraries and kernels, so there are three answers to a call that no promise covers:
// the dangerous ones kill always; those that libraries merely try (opening a file, a netlink or nscd
// socket, an executable mapping) get the error that makes the library go on; what the rest gets is up to the caller.
#include "common/sandbox_linux_calls.hpp"

#include "common/fd.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace msmtp {

namespace {

constexpr int stdio_calls[] = {
    SCMP_SYS(read),           SCMP_SYS(write),         SCMP_SYS(readv),
    SCMP_SYS(writev),         SCMP_SYS(recvfrom),      SCMP_SYS(recvmsg),
    SCMP_SYS(poll),           SCMP_SYS(ppoll),         SCMP_SYS(close),
    SCMP_SYS(shutdown),       SCMP_SYS(getsockopt),    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),    SCMP_SYS(lseek),         SCMP_SYS(fstat),
    SCMP_SYS(exit),           SCMP_SYS(exit_group),    SCMP_SYS(brk),
    SCMP_SYS(munmap),         SCMP_SYS(mremap),        SCMP_SYS(madvise),
    SCMP_SYS(mlock),          SCMP_SYS(munlock),       SCMP_SYS(futex),
    SCMP_SYS(sched_yield),    SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(getppid),        SCMP_SYS(getuid),        SCMP_SYS(geteuid),
    SCMP_SYS(getgid),         SCMP_SYS(getegid),       SCMP_SYS(uname),
    SCMP_SYS(sysinfo),        SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),      SCMP_SYS(gettimeofday),  SCMP_SYS(time),
    SCMP_SYS(getrandom),      SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(sigaltstack),   SCMP_SYS(restart_syscall),
    SCMP_SYS(wait4),          SCMP_SYS(waitid),
};

constexpr int rpath_calls[] = {
    SCMP_SYS(newfstatat), SCMP_SYS(stat),       SCMP_SYS(lstat),      SCMP_SYS(statx),
    SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(pread64),    SCMP_SYS(getcwd),
};
constexpr int wpath_calls[] = {SCMP_SYS(openat), SCMP_SYS(fsync)};
constexpr int inet_calls[] = {SCMP_SYS(connect)};
constexpr int dns_calls[] = {SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(recvmmsg)};
constexpr int id_calls[] = {
    SCMP_SYS(setresuid), SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(capget),
    SCMP_SYS(capset),    SCMP_SYS(getresuid), SCMP_SYS(getresgid),
};
constexpr int further_stage_calls[] = {
    SCMP_SYS(seccomp),
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
    SCMP_SYS(setrlimit),
    SCMP_SYS(getrlimit),
    SCMP_SYS(capget),
    SCMP_SYS(capset),
};
// prctl(2) is a hundred calls in one; these are what entering a stage takes. No second argument is looked at: as a
// search tree, libseccomp 2.5.4 compares it with the first argument of the next rule ({PR_SET_DUMPABLE, 0} beside
// {PR_SET_PDEATHSIG} let PR_SET_DUMPABLE, 1 pass).
constexpr int further_stage_controls[] = {
    PR_GET_SECCOMP,   PR_SET_SECCOMP,   PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS,
    PR_GET_PDEATHSIG, PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_CAP_AMBIENT,
};
constexpr int deadly_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(ptrace),
    SCMP_SYS(bpf),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(vfork),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(memfd_create),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(personality),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
};
constexpr int copying_calls[] = {SCMP_SYS(fork), SCMP_SYS(clone), SCMP_SYS(clone3)};
// What C libraries do in a copy before they give it to the program.
constexpr int new_copy_calls[] = {SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address)};
constexpr int lookup_calls[] = {
    SCMP_SYS(open),       SCMP_SYS(openat),   SCMP_SYS(openat2),    SCMP_SYS(stat),
    SCMP_SYS(lstat),      SCMP_SYS(statx),    SCMP_SYS(access),     SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
};

constexpr std::uint32_t refused = refused_call;

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// abort(3) ends in a signal to oneself. Any other process is none of ours.
void add_signals(CallRules& filter) {
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {equals(0, stand_in_for_own_pid)});
  filter.rule(SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), {{0, SCMP_CMP_NE, stand_in_for_own_pid, 0}});
}

// Memory, but never executable memory.
void add_memory(CallRules& filter) {
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    filter.rule(SCMP_ACT_ALLOW, call, {has_bits(2, PROT_EXEC, 0)});
    filter.rule(refused, call, {has_bits(2, PROT_EXEC, PROT_EXEC)});
  }
}

void add_descriptor_controls(CallRules& filter, Promises promises) {
  for (const int command : {F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD_CLOEXEC}) {
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {equals(1, static_cast<std::uint64_t>(command))});
  }
  if (promises.has(Promise::flock)) {
    for (const int command : {F_GETLK, F_SETLK, F_SETLKW}) {
      filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {equals(1, static_cast<std::uint64_t>(command))});
    }
  }
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {equals(1, FIONREAD)});
  const std::uint32_t terminal = promises.has(Promise::tty) ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOTTY);
  for (const int request : {TCGETS, TCSETS, TCSETSW, TCSETSF}) {
    filter.rule(terminal, SCMP_SYS(ioctl), {equals(1, static_cast<std::uint64_t>(request))});
  }
}

void add_files(CallRules& filter, Promises promises) {
  if (promises.has(Promise::wpath)) {
    filter.allow(wpath_calls);
  } else if (promises.has(Promise::rpath)) {
    const std::uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(openat), {has_bits(2, writing, O_RDONLY)});
  }
  if (promises.has(Promise::rpath)) {
    filter.allow(rpath_calls);
    return;
  }
  // Some C libraries spell fstat(2) as newfstatat(fd, ""), and no filter sees whether there is a path after all. Who
  // locks files has to know what they are; the others, who read strangers' bytes, learn nothing about any file.
  if (promises.has(Promise::flock)) {
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), {has_bits(3, AT_EMPTY_PATH, AT_EMPTY_PATH)});
    filter.rule(refused, SCMP_SYS(newfstatat), {has_bits(3, AT_EMPTY_PATH, 0)});
  } else {
    filter.rule(refused, SCMP_SYS(newfstatat), {});
  }
  filter.refuse(lookup_calls);
}

void allow_socket(CallRules& filter, int family, int type, int protocol) {
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(socket),
              {equals(0, static_cast<std::uint64_t>(family)), has_bits(1, 0xf, static_cast<std::uint64_t>(type)),
               equals(2, static_cast<std::uint64_t>(protocol))});
}

// MSG_FASTOPEN connects, past Landlock; and only a resolver has datagrams to send to somebody.
void add_sending(CallRules& filter, Promises promises) {
  const scmp_arg_cmp no_fast_open = has_bits(3, MSG_FASTOPEN, 0);
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), {has_bits(2, MSG_FASTOPEN, 0)});
  if (promises.has(Promise::dns)) {
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(sendto), {no_fast_open});
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(sendmmsg), {no_fast_open});
  } else {
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(sendto), {no_fast_open, equals(4, 0)});
  }
}

void add_socket_options(CallRules& filter, Promises promises) {
  if (promises.has(Promise::inet)) {
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), {equals(1, IPPROTO_TCP), equals(2, TCP_NODELAY)});
  }
  if (promises.has(Promise::dns)) {  // for the ICMP errors of its datagrams
    for (const int level : {IPPROTO_IP, IPPROTO_IPV6}) {
      filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), {equals(1, static_cast<std::uint64_t>(level))});
    }
  }
}

// Landlock knows TCP only, and not multipath TCP, which reaches any port: hence the check of the protocol.
void add_sockets(CallRules& filter, Promises promises, bool may_bind) {
  for (const int family : {AF_INET, AF_INET6}) {
    if (promises.has(Promise::inet) || promises.has(Promise::dns)) {
      allow_socket(filter, family, SOCK_STREAM, 0);
      allow_socket(filter, family, SOCK_STREAM, IPPROTO_TCP);
    } else {
      filter.rule(refused, SCMP_SYS(socket), {equals(0, static_cast<std::uint64_t>(family))});
    }
    if (promises.has(Promise::dns)) {
      allow_socket(filter, family, SOCK_DGRAM, 0);
      allow_socket(filter, family, SOCK_DGRAM, IPPROTO_UDP);
    }
  }
  filter.rule(promises.has(Promise::unix_socket) ? SCMP_ACT_ALLOW : refused, SCMP_SYS(socket), {equals(0, AF_UNIX)});
  filter.rule(refused, SCMP_SYS(socket), {equals(0, AF_NETLINK)});
  if (promises.has(Promise::inet) || promises.has(Promise::unix_socket)) filter.allow(inet_calls);
  if (promises.has(Promise::dns)) filter.allow(dns_calls);
  if (may_bind) filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(bind), {});
}

// fork(3), and no thread, name space or process of another kind. What glibc tries first, clone3(2), has its flags where
// no filter sees them.
void add_copies(CallRules& filter) {
#if defined(__s390__)
  constexpr unsigned flags = 1;
#else
  constexpr unsigned flags = 0;
#endif
  constexpr std::uint64_t where_its_id_goes = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(clone), {has_bits(flags, ~where_its_id_goes, SIGCHLD)});
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(fork), {});
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {});
  filter.allow(new_copy_calls);
}

void add_further_stages(CallRules& filter) {
  filter.allow(further_stage_calls);
  for (const int option : further_stage_controls) {
    filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {equals(0, static_cast<std::uint64_t>(option))});
  }
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {equals(0, 0)});  // our own limits, nobody else's
}

}  // namespace

CallRules rules_for(const FilterPurpose& purpose) {
  const Promises promises = purpose.promises;
  CallRules filter(purpose.kill_unlisted ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(ENOSYS));
  filter.allow(stdio_calls);
  add_signals(filter);
  add_memory(filter);
  add_sending(filter, promises);
  add_socket_options(filter, promises);
  add_descriptor_controls(filter, promises);
  add_files(filter, promises);
  add_sockets(filter, promises, purpose.may_bind);
  if (promises.has(Promise::id)) filter.allow(id_calls);
  if (purpose.more_stages) add_further_stages(filter);
  if (promises.has(Promise::proc)) {
    add_copies(filter);
  } else {
    filter.kill(copying_calls);
  }
  filter.kill(deadly_calls);
  return filter;
}

}  // namespace msmtp
