// What a filter that comes after another one has to say.
#include "common/sandbox_linux_rules.hpp"

#include "common/sandbox_linux_filter.hpp"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/socket.h>

namespace {

using namespace msmtp;

constexpr std::uint32_t unlisted = SCMP_ACT_ERRNO(ENOSYS);

scmp_arg_cmp is(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp bit_is(std::uint64_t bit, std::uint64_t value) {
  return {2, SCMP_CMP_MASKED_EQ, bit, value};
}

CallRules of(std::initializer_list<CallRule> rules) {
  CallRules set(unlisted);
  for (const CallRule& rule : rules) set.rule(rule.action, rule.call, rule.conditions);
  return set;
}

Test(sandbox_rules, what_both_allow_needs_no_rule) {
  const CallRules same =
      of({{SCMP_ACT_ALLOW, SCMP_SYS(read), {}}, {SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {is(1, F_GETFL)}}});
  const auto taken = what_is_taken_away(same, same);
  cr_assert(taken.has_value());
  cr_expect(taken->all().empty());
  cr_expect(taken->otherwise() == SCMP_ACT_ALLOW);
}

Test(sandbox_rules, a_call_that_is_not_named_any_more_is_unlisted) {
  const auto taken = what_is_taken_away(of({{SCMP_ACT_ALLOW, SCMP_SYS(connect), {}}}), of({}));
  cr_assert(taken.has_value());
  const auto rules = taken->of(SCMP_SYS(connect));
  cr_assert(rules.size() == 1);
  cr_expect(rules[0].action == unlisted && rules[0].conditions.empty());
}

Test(sandbox_rules, a_refusal_stays_the_answer_that_it_is) {
  const CallRules now = of({{refused_call, SCMP_SYS(socket), {is(0, AF_INET)}}});
  const auto taken = what_is_taken_away(of({{SCMP_ACT_ALLOW, SCMP_SYS(socket), {is(0, AF_INET), is(2, 0)}}}), now);
  cr_assert(taken.has_value());
  const auto rules = taken->of(SCMP_SYS(socket));
  cr_assert(rules.size() == 1);
  cr_expect(rules[0].action == refused_call && rules[0].conditions.size() == 1);
}

Test(sandbox_rules, one_of_several_arguments_can_be_taken) {
  const CallRule get{SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {is(1, F_GETFL)}};
  const CallRule lock{SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {is(1, F_SETLK)}};
  const auto taken = what_is_taken_away(of({get, lock}), of({get}));
  cr_assert(taken.has_value());
  const auto rules = taken->of(SCMP_SYS(fcntl));
  cr_assert(rules.size() == 1);
  cr_expect(rules[0].action == unlisted && rules[0].conditions[0].datum_a == F_SETLK);
}

Test(sandbox_rules, a_bit_that_is_looked_at_settles_the_call) {
  const CallRules now = of({{SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), {bit_is(0x1000, 0x1000)}},
                            {refused_call, SCMP_SYS(newfstatat), {bit_is(0x1000, 0)}}});
  const auto taken = what_is_taken_away(of({{SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), {}}}), now);
  cr_assert(taken.has_value());
  const auto rules = taken->of(SCMP_SYS(newfstatat));
  cr_assert(rules.size() == 1);
  cr_expect(rules[0].action == refused_call && rules[0].conditions[0].datum_b == 0);
}

// Both would be taken: the rule cannot tell the one from the other.
Test(sandbox_rules, what_no_rule_can_say_is_left_to_the_whole_filter) {
  const CallRules now = of({{SCMP_ACT_ALLOW, SCMP_SYS(sendto), {is(3, 0), is(4, 0)}}});
  cr_expect(!what_is_taken_away(of({{SCMP_ACT_ALLOW, SCMP_SYS(sendto), {is(3, 0)}}}), now).has_value());
}

Test(sandbox_rules, a_copy_may_signal_itself_only) {
  const CallRules same = of({{SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {is(0, stand_in_for_own_pid)}},
                             {SCMP_ACT_KILL_PROCESS, SCMP_SYS(tgkill), {{0, SCMP_CMP_NE, stand_in_for_own_pid, 0}}}});
  const auto taken = what_is_taken_away(same, same);
  cr_assert(taken.has_value());
  const auto rules = taken->of(SCMP_SYS(tgkill));
  cr_assert(rules.size() == 1);
  cr_expect(rules[0].action == SCMP_ACT_KILL_PROCESS);
}

Test(sandbox_rules, filters_of_other_policies_are_not_compared) {
  cr_expect(!what_is_taken_away(CallRules(unlisted), CallRules(SCMP_ACT_KILL_PROCESS)).has_value());
}

}  // namespace
