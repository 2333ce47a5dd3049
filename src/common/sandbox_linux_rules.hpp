// Rules of a filter of system calls, while it is built: what they say, what one set of them takes away from another,
// and how they become a program for the kernel. Only the generator of the filters is linked with this.
#pragma once

#include "common/result.hpp"

#include <linux/filter.h>
#include <seccomp.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace msmtp {

struct CallRule {
  std::uint32_t action = 0;  // SCMP_ACT_...
  int call = 0;
  std::vector<scmp_arg_cmp> conditions;  // all of them; none: whatever the arguments are
};

inline constexpr std::uint32_t refused_call = SCMP_ACT_ERRNO(EACCES);

class CallRules {
 public:
  // OTHERWISE is what happens to a call without a rule.
  explicit CallRules(std::uint32_t otherwise) : otherwise_(otherwise) {}

  void allow(std::span<const int> calls);
  void kill(std::span<const int> calls);
  void refuse(std::span<const int> calls);
  void rule(std::uint32_t action, int call, std::vector<scmp_arg_cmp> conditions);

  std::uint32_t otherwise() const { return otherwise_; }
  const std::vector<CallRule>& all() const { return rules_; }
  std::vector<CallRule> of(int call) const;

 private:
  std::uint32_t otherwise_;
  std::vector<CallRule> rules_;
};

// Filters add up, and of several answers the strictest counts. So where a filter of BEFORE is in force and stays there,
// these few rules do what one of NOW would, as far as it is stricter; all else they let through. Nothing when rules
// cannot say the difference.
std::optional<CallRules> what_is_taken_away(const CallRules& before, const CallRules& now);

// As the kernel takes it.
Result<std::vector<sock_filter>> compile_rules(const CallRules& rules);

}  // namespace msmtp
