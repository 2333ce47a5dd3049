// Loading a filter of system calls that was built with the program.
#include "common/sandbox_linux_filter.hpp"

#include "common/fd.hpp"
#include "common/sandbox_linux.hpp"
#include "common/sandbox_policy.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/seccomp.h>
#include <optional>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace msmtp {

namespace {

// Which of our filters was loaded last, in this process or before it was copied; the kernel does not tell.
std::optional<FilterPurpose>& in_force() {
  static std::optional<FilterPurpose> purpose;
  return purpose;
}

const BuiltFilter* find_filter(const FilterPurpose& purpose, const std::optional<FilterPurpose>& after) {
  const auto all = built_filters();
  const auto found = std::ranges::find_if(
      all, [&](const BuiltFilter& filter) { return filter.purpose == purpose && filter.after == after; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<sock_filter> filter_for_this_process(std::span<const sock_filter> program) {
  std::vector<sock_filter> filter(program.begin(), program.end());
  const auto self = static_cast<std::uint32_t>(getpid());
  for (sock_filter& instruction : filter) {
    if (instruction.k == stand_in_for_own_pid) instruction.k = self;
  }
  return filter;
}

}  // namespace

bool has_seccomp() {
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

Result<void> load_call_filter(Promises promises, const Grants& grants, bool more_stages) {
  // Filters add up: before the port is known, whether a source address will be wanted is not known either.
  const bool may_bind = grants.bind_source || (promises.has(Promise::inet) && !grants.connect_port);
  const FilterPurpose purpose{promises, may_bind, more_stages, unlisted_calls_kill};
  const BuiltFilter* built = find_filter(purpose, in_force());
  if (built == nullptr) built = find_filter(purpose, std::nullopt);
  if (built == nullptr) return fail(ExitCode::software, "this program has no filter for " + promise_text(promises));
  std::vector<sock_filter> filter = filter_for_this_process(built->program);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
    return fail(ExitCode::os_error, "cannot enter the seccomp sandbox: " + error_text(errno));
  }
  in_force() = purpose;
  return {};
}

}  // namespace msmtp
