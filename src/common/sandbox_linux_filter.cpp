// Loading a filter of system calls that was built with the program.
#include "common/sandbox_linux_filter.hpp"

#include "common/fd.hpp"
#include "common/sandbox_linux.hpp"
#include "common/sandbox_policy.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace msmtp {

namespace {

const BuiltFilter* find_filter(const FilterPurpose& purpose) {
  const auto all = built_filters();
  const auto found = std::ranges::find_if(all, [&](const BuiltFilter& filter) {
    return filter.purpose.promises.bits == purpose.promises.bits && filter.purpose.may_bind == purpose.may_bind &&
           filter.purpose.more_stages == purpose.more_stages && filter.purpose.kill_unlisted == purpose.kill_unlisted;
  });
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
  const BuiltFilter* built = find_filter({promises, may_bind, more_stages, unlisted_calls_kill});
  if (built == nullptr) return fail(ExitCode::software, "this program has no filter for " + promise_text(promises));
  std::vector<sock_filter> filter = filter_for_this_process(built->program);
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
    return fail(ExitCode::os_error, "cannot enter the seccomp sandbox: " + error_text(errno));
  }
  return {};
}

}  // namespace msmtp
