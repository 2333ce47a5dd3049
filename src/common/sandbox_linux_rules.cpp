// Rules of a filter of system calls, while it is built.
#include "common/sandbox_linux_rules.hpp"

#include "common/fd.hpp"
#include "common/sandbox_linux_filter.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

using Conditions = std::vector<scmp_arg_cmp>;

// The context of libseccomp, with an owner, which remembers the first failure.
class Context {
 public:
  explicit Context(std::uint32_t otherwise) : context_(seccomp_init(otherwise)) {
    if (context_ == nullptr) {
      error_ = ENOMEM;
      return;
    }
    note(seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    note(seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2));  // a search tree: half the cost of a list
  }
  ~Context() { seccomp_release(context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void add(const CallRule& rule) {
    const auto count = static_cast<unsigned>(rule.conditions.size());
    const int outcome = seccomp_rule_add_array(context_, rule.action, rule.call, count, rule.conditions.data());
    // A call that this architecture does not have, or an answer that is the default anyway, needs no rule.
    if (outcome != 0 && outcome != -EDOM && outcome != -EACCES) note(outcome);
  }
  Result<std::vector<sock_filter>> program() {
    const Fd file(memfd_create("filter", MFD_CLOEXEC));
    if (error_ == 0) note(file.is_open() ? seccomp_export_bpf(context_, file.number()) : -errno);
    const off_t size = error_ == 0 ? lseek(file.number(), 0, SEEK_END) : 0;
    std::vector<sock_filter> instructions(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (pread(file.number(), instructions.data(), static_cast<std::size_t>(size), 0) != size) note(-EIO);
    if (error_ != 0) return fail(ExitCode::software, "cannot build a filter: " + error_text(error_));
    return instructions;
  }

 private:
  void note(int outcome) {
    if (outcome < 0 && error_ == 0) error_ = -outcome;
  }

  scmp_filter_ctx context_;
  int error_ = 0;
};

bool same(const scmp_arg_cmp& one, const scmp_arg_cmp& other) {
  return one.arg == other.arg && one.op == other.op && one.datum_a == other.datum_a && one.datum_b == other.datum_b;
}

bool same(const CallRule& one, const CallRule& other) {
  return one.action == other.action && one.call == other.call &&
         std::ranges::equal(one.conditions, other.conditions,
                            [](const scmp_arg_cmp& a, const scmp_arg_cmp& b) { return same(a, b); });
}

bool has(const std::vector<CallRule>& rules, const CallRule& wanted) {
  return std::ranges::any_of(rules, [&](const CallRule& rule) { return same(rule, wanted); });
}

bool has_all(const std::vector<CallRule>& rules, const std::vector<CallRule>& wanted) {
  return std::ranges::all_of(wanted, [&](const CallRule& rule) { return has(rules, rule); });
}

std::vector<CallRule> allowed_among(std::vector<CallRule> rules) {
  std::erase_if(rules, [](const CallRule& rule) { return rule.action != SCMP_ACT_ALLOW; });
  return rules;
}

// Whether no call meets both.
bool are_apart(const Conditions& some, const Conditions& others) {
  return std::ranges::any_of(some, [&](const scmp_arg_cmp& one) {
    return std::ranges::any_of(others, [&](const scmp_arg_cmp& other) {
      if (one.arg != other.arg || one.op != other.op) return false;
      if (one.op == SCMP_CMP_EQ) return one.datum_a != other.datum_a;
      return one.op == SCMP_CMP_MASKED_EQ && one.datum_a == other.datum_a && one.datum_b != other.datum_b;
    });
  });
}

// Whether RULES are two that look at one bit, and so settle every call.
bool settle_all(const std::vector<CallRule>& rules) {
  if (rules.size() != 2 || rules[0].conditions.size() != 1 || rules[1].conditions.size() != 1) return false;
  const scmp_arg_cmp& one = rules[0].conditions[0];
  const bool one_bit = one.op == SCMP_CMP_MASKED_EQ && (one.datum_a & (one.datum_a - 1)) == 0;
  return one_bit && are_apart(rules[0].conditions, rules[1].conditions);
}

// Whether whatever meets SOME meets OTHERS too: these are among those.
bool are_within(const Conditions& some, const Conditions& others) {
  return std::ranges::all_of(others, [&](const scmp_arg_cmp& other) {
    return std::ranges::any_of(some, [&](const scmp_arg_cmp& one) { return same(one, other); });
  });
}

// In a copy of the process that loaded the filter before, such rules name another one.
bool name_the_process(const std::vector<CallRule>& rules) {
  return std::ranges::any_of(rules, [](const CallRule& rule) {
    return std::ranges::any_of(rule.conditions,
                               [](const scmp_arg_cmp& one) { return one.datum_a == stand_in_for_own_pid; });
  });
}

void add_refusals(const std::vector<CallRule>& rules, CallRules& taken) {
  for (const CallRule& rule : rules) {
    if (rule.action != SCMP_ACT_ALLOW) taken.rule(rule.action, rule.call, rule.conditions);
  }
}

// The rules for one call that they do not treat alike. False when there are none that would do.
bool take_away(const CallRules& before, const CallRules& now, int call, CallRules& taken) {
  const std::vector<CallRule> rules = now.of(call);
  const std::vector<CallRule> still = allowed_among(rules);
  if (rules.empty()) {
    taken.rule(now.otherwise(), call, {});
    return true;
  }
  add_refusals(rules, taken);
  if (settle_all(rules)) return true;
  for (const CallRule& gone : allowed_among(before.of(call))) {
    const bool is_settled = std::ranges::any_of(rules, [&](const CallRule& rule) {
      return are_within(gone.conditions, rule.conditions) &&
             (rule.action != SCMP_ACT_ALLOW || are_within(rule.conditions, gone.conditions));
    });
    if (is_settled) continue;
    const auto is_apart = [&](const CallRule& rule) { return are_apart(rule.conditions, gone.conditions); };
    if (!std::ranges::all_of(still, is_apart)) return false;
    taken.rule(now.otherwise(), call, gone.conditions);
  }
  return true;
}

}  // namespace

void CallRules::allow(std::span<const int> calls) {
  for (const int call : calls) rule(SCMP_ACT_ALLOW, call, {});
}

void CallRules::kill(std::span<const int> calls) {
  for (const int call : calls) rule(SCMP_ACT_KILL_PROCESS, call, {});
}

void CallRules::refuse(std::span<const int> calls) {
  for (const int call : calls) rule(refused_call, call, {});
}

void CallRules::rule(std::uint32_t action, int call, std::vector<scmp_arg_cmp> conditions) {
  rules_.push_back({action, call, std::move(conditions)});
}

std::vector<CallRule> CallRules::of(int call) const {
  std::vector<CallRule> rules;
  for (const CallRule& rule : rules_) {
    if (rule.call == call) rules.push_back(rule);
  }
  return rules;
}

std::optional<CallRules> what_is_taken_away(const CallRules& before, const CallRules& now) {
  if (before.otherwise() != now.otherwise()) return std::nullopt;
  CallRules taken(SCMP_ACT_ALLOW);
  std::set<int> calls;
  for (const CallRule& rule : before.all()) calls.insert(rule.call);
  for (const CallRule& rule : now.all()) calls.insert(rule.call);
  for (const int call : calls) {
    const std::vector<CallRule> known = before.of(call);
    if (known.empty() || name_the_process(known)) {
      add_refusals(now.of(call), taken);
    } else if (has_all(now.of(call), known)) {
      // What is allowed beside that is not, by the filter of BEFORE.
      continue;
    } else if (!take_away(before, now, call, taken)) {
      return std::nullopt;
    }
  }
  return taken;
}

Result<std::vector<sock_filter>> compile_rules(const CallRules& rules) {
  Context context(rules.otherwise());
  for (const CallRule& rule : rules.all()) context.add(rule);
  return context.program();
}

}  // namespace msmtp
