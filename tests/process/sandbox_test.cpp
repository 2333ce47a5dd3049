// The walls, attacked from inside: each confined stage is entered for real, and tries what it must not do.
//
// Every outcome is seen from outside, in how the attacker ended. What is expected stands beside each attack, with
// one letter for each confined stage: a stage that joins the table of rights without expectations fails here.
#include "tests/process/sandbox_attacks.hpp"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
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
