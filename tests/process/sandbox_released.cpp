// The stages as releases have them, in a program whose other stages are strict: the same two sources once more, under
// other names and with the other answer to unlisted calls.
#include "tests/process/sandbox_world.hpp"

#include "common/sandbox_linux.hpp"
#include "common/sandbox_linux_filter.hpp"
#include "common/sandbox_policy.hpp"

namespace msmtp {

Result<void> enter_stage_as_released(Stage stage, const Grants& grants);
void harden_process_as_released(bool die_with_parent);
SandboxLevel sandbox_level_as_released();
Result<void> drop_all_capabilities_as_released();
bool has_seccomp_as_released();
Result<void> load_call_filter_as_released(Promises promises, const Grants& grants, bool more_stages);

}  // namespace msmtp

#define enter_stage enter_stage_as_released
#define harden_process harden_process_as_released
#define outlive_parent outlive_parent_as_released
#define drop_all_capabilities drop_all_capabilities_as_released
#define sandbox_level sandbox_level_as_released
#define has_seccomp has_seccomp_as_released
#define load_call_filter load_call_filter_as_released
#define unlisted_calls_kill unlisted_calls_kill_as_released

#include "common/default_action_enosys.cpp"
#include "common/sandbox_linux.cpp"
#include "common/sandbox_linux_filter.cpp"

#undef enter_stage

namespace msmtp::test {

Result<void> enter_stage_as_released(Stage stage, const Grants& grants) {
  return msmtp::enter_stage_as_released(stage, grants);
}

}  // namespace msmtp::test
