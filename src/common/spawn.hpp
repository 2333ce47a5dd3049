// Starting a helper: another executable, with the descriptors that it is given and nothing else.
#pragma once

#include "common/deadline.hpp"
#include "common/fd.hpp"
#include "common/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace msmtp {

// A process that we started and have not reaped.
class Child {
 public:
  Child() = default;
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() = default;

  pid_t pid() const { return pid_; }
  // Its wait status; nothing when it has not ended by DEADLINE. Afterwards there is nothing left of it.
  std::optional<int> wait(const Deadline& deadline);

 private:
  pid_t pid_ = -1;
};

// "was killed by signal 9", "ended with status 71".
std::string describe_wait_status(int status);

struct HandedFd {
  Fd fd;
  int number;  // under which the child finds it
};

// Of which process group a child is: a signal to ours, as a terminal sends it, reaches it, or does not.
enum class ProcessGroup : std::uint8_t { ours, own };

// Starts PATH with its own name and MORE_ARGUMENTS as its arguments, with DESCRIPTORS and the variables of ENVIRONMENT
// ("NAME=value"), default signal actions and no blocked signal. All other descriptors of ours are
// close-on-exec; those in DESCRIPTORS are closed here. EX_OSERR when it cannot be started.
Result<Child> spawn(const std::string& path, std::vector<HandedFd> descriptors,
                    const std::vector<std::string>& environment, const std::vector<std::string>& more_arguments = {},
                    ProcessGroup group = ProcessGroup::ours);

// Marks every descriptor above 2 close-on-exec: what a careless caller left open must not reach a helper.
void seal_inherited_descriptors();

}  // namespace msmtp
