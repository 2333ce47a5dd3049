// The walls, attacked from inside: each confined stage is entered for real, and tries what it must not do.
//
// Every outcome is seen from outside, in how the attacker ended. What is expected stands beside each attack, with
// one letter for each confined stage: a stage that joins the table of rights without expectations fails here.
#include "tests/process/sandbox_attacks.hpp"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace msmtp;
using namespace msmtp::test;

namespace {

enum class Theme : std::uint8_t { files, network, processes, system, work, last = work };

std::span<const Attack> attacks(Theme theme) {
  switch (theme) {
    case Theme::files: return attacks_on_files();
    case Theme::network: return attacks_on_network();
    case Theme::processes: return attacks_on_processes();
    case Theme::system: return attacks_on_system();
    case Theme::work: return daily_work();
  }
  return {};
}

bool refused(int status) {
  return WIFEXITED(status) && (WEXITSTATUS(status) == EACCES || WEXITSTATUS(status) == EPERM);
}

bool killed_by(int status, int signal) {
  return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

bool refused_since(int abi, int status) {
  return landlock_level() < abi || refused(status);
}

bool as_expected(char letter, int status, Policy policy) {
  switch (letter) {
    case '+': return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    case '-': return refused(status);
    case 'L': return refused_since(3, status);
    case 'N': return refused_since(4, status);
    case 'A': return refused_since(6, status);
    case 'r': return getuid() == 0 || refused(status);
    case 'u':
      return policy == Policy::strict ? killed_by(status, SIGSYS) : WIFEXITED(status) && WEXITSTATUS(status) == ENOSYS;
    case 'o': return WIFEXITED(status) && WEXITSTATUS(status) == ENOSYS;
    case 'x': return policy == Policy::strict ? killed_by(status, SIGSYS) : refused(status);
    case '!': return killed_by(status, SIGSYS);
    case '*': return WIFSIGNALED(status);
    case 'a': return killed_by(status, SIGABRT);
    case '.': return WIFEXITED(status) && WEXITSTATUS(status) != 255;
    default: return false;
  }
}

std::string outcome(int status) {
  if (WIFSIGNALED(status)) return std::string("killed by ") + strsignal(WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return "it worked";
  if (WEXITSTATUS(status) == 255) return "the stage could not be entered";
  return strerror(WEXITSTATUS(status));
}

void attack_from(std::size_t column, const Rights& row, Policy policy, Theme theme, const World& world) {
  const std::size_t columns = confined_stages().size();
  for (const Attack& attack : attacks(theme)) {
    cr_assert(std::strlen(attack.outcomes) == columns, "no expectation for each stage: %s", attack.name);
    const int status = run_inside(row.stage, policy, world, [&] { return attack.attempt(world); });
    cr_expect(as_expected(attack.outcomes[column], status, policy), "%s: %s: expected '%c', but: %s",
              title(row).c_str(), attack.name, attack.outcomes[column], outcome(status).c_str());
  }
}

struct Case {
  Theme theme;
  Policy policy;
  bool as_root;
};

Case cases[20];

std::size_t make_cases() {
  std::size_t count = 0;
  for (const bool as_root : {true, false}) {
    if (as_root && getuid() != 0) continue;
    for (const Policy policy : {Policy::strict, Policy::released}) {
      for (int theme = 0; theme <= static_cast<int>(Theme::last); ++theme) {
        cases[count++] = {static_cast<Theme>(theme), policy, as_root};
      }
    }
  }
  return count;
}

}  // namespace

ParameterizedTestParameters(sandbox, each_stage_does_its_work_and_nothing_else) {
  const std::size_t count = make_cases();
  return cr_make_param_array(Case, cases, count);
}
ParameterizedTest(Case* parameter, sandbox, each_stage_does_its_work_and_nothing_else, .timeout = 120) {
  if (!parameter->as_root) become_nobody_special();
  const World world;
  const std::vector<Rights> stages = confined_stages();
  for (std::size_t i = 0; i < stages.size(); ++i) {
    attack_from(i, stages[i], parameter->policy, parameter->theme, world);
  }
}

// ---- every call there is ----

#if defined(__x86_64__)

namespace {

constexpr long landlock_create_ruleset = 444;  // the other two follow

// What a process may ask of the kernel when it can only use what is open. SYS_exit comes first because it is the one
// that cannot be told from having got through.
const long calls_of_the_last_stage[] = {
    SYS_exit, SYS_exit_group, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_recvfrom, SYS_recvmsg, SYS_sendto,
    SYS_sendmsg, SYS_poll, SYS_ppoll, SYS_close, SYS_shutdown, SYS_getsockopt, SYS_getsockname, SYS_getpeername,
    SYS_lseek, SYS_fstat, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mlock, SYS_munlock, SYS_futex,
    SYS_sched_yield, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_uname,
    SYS_sysinfo, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_time, SYS_getrandom,
    SYS_rt_sigreturn, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_restart_syscall, SYS_wait4, SYS_waitid,
    // With some arguments only:
    SYS_mmap, SYS_mprotect, SYS_tgkill, SYS_fcntl, SYS_ioctl};

// What who makes copies of itself may ask beyond that: for them, and for the next stage.
const long calls_of_copying[] = {SYS_fork, SYS_set_robust_list, SYS_set_tid_address, SYS_seccomp, SYS_prctl, SYS_capget,
                                 SYS_capset, SYS_setrlimit, SYS_getrlimit, SYS_prlimit64, landlock_create_ruleset,
                                 landlock_create_ruleset + 1, landlock_create_ruleset + 2,
                                 // Only without flags, and never:
                                 SYS_clone, SYS_clone3};

// Newer kernels let these pass every filter, for the traps that they set themselves; without a trap they do nothing.
constexpr long uretprobe = 335;
constexpr long uprobe = 336;

constexpr long no_call_has_this_number_yet = 520;

bool is_in(std::span<const long> calls, long call) {
  return std::ranges::find(calls, call) != calls.end();
}

// Tries every call, with nothing but zeros.
void expect_no_calls_but(std::span<const long> known, std::span<const long> known_too, Stage stage,
                         const World& world) {
  for (long call = 0; call < no_call_has_this_number_yet; ++call) {
    if (call == uretprobe || call == uprobe || is_in(known, call) || is_in(known_too, call)) continue;
    const int status =
        run_inside(stage, Policy::strict, world, [&] { return errno_of(syscall(call, 0, 0, 0, 0, 0, 0)); });
    cr_expect(killed_by(status, SIGSYS) || refused(status), "call %ld: %s", call, outcome(status).c_str());
  }
}

}  // namespace

Test(sandbox, a_stage_that_can_only_use_what_is_open_knows_these_calls_and_no_others, .timeout = 300) {
  const World world;
  for (const Stage stage :
       {Stage::netproc_talk, Stage::authproc_exchange, Stage::server_serve, Stage::verifier_check}) {
    expect_no_calls_but(calls_of_the_last_stage, {}, stage, world);
  }
}

Test(sandbox, a_stage_that_makes_copies_knows_those_and_a_few_more, .timeout = 200) {
  const World world;
  for (const Stage stage : {Stage::server_fork, Stage::verifier_fork}) {
    expect_no_calls_but(calls_of_the_last_stage, calls_of_copying, stage, world);
  }
}

#endif
