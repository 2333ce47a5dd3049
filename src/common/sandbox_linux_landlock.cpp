// Landlock: which files, which TCP ports. The kernel's numbers stand here because the headers of a stable
// distribution are older than the kernels it runs on.
#include "common/sandbox_linux.hpp"

#include "common/fd.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace msmtp {

namespace {

struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;  // since ABI 4
  std::uint64_t scoped;              // since ABI 6
};

struct [[gnu::packed]] PathRule {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};

struct PortRule {
  std::uint64_t allowed_access;
  std::uint64_t port;
};

constexpr unsigned create_version_flag = 1;
constexpr int path_rule_type = 1;
constexpr int port_rule_type = 2;

constexpr std::uint64_t write_file = 1U << 1;
constexpr std::uint64_t read_file = 1U << 2;
constexpr std::uint64_t read_directory = 1U << 3;
constexpr std::uint64_t make_regular = 1U << 8;
constexpr std::uint64_t bind_tcp = 1U << 0;
constexpr std::uint64_t connect_tcp = 1U << 1;
constexpr std::uint64_t scope_abstract_sockets = 1U << 0;
constexpr std::uint64_t scope_signals = 1U << 1;

std::uint64_t all_file_access(int abi) {
  constexpr int bits_by_abi[] = {0, 13, 14, 15, 15, 16};
  return (std::uint64_t{1} << bits_by_abi[std::min(abi, 5)]) - 1;
}

long add_rule(const Fd& ruleset, int type, const void* rule) {
  return syscall(SYS_landlock_add_rule, ruleset.number(), type, rule, 0U);
}

std::uint64_t access_of(const PathGrant& grant, bool directory) {
  const bool writes = grant.access == PathGrant::Access::write;
  if (directory) return writes ? write_file | make_regular | read_file | read_directory : read_file | read_directory;
  return writes ? write_file | read_file : read_file;
}

// A path that does not exist needs no rule: it stays out of reach.
Result<void> allow_path(const Fd& ruleset, const PathGrant& grant) {
  const Fd path(open(grant.path.c_str(), O_PATH | O_CLOEXEC));
  if (!path.is_open()) return {};
  struct stat status {};
  if (fstat(path.number(), &status) != 0) return {};
  const PathRule rule{access_of(grant, S_ISDIR(status.st_mode)), path.number()};
  if (add_rule(ruleset, path_rule_type, &rule) != 0) {
    return fail(ExitCode::os_error, "cannot confine file access to " + grant.path + ": " + error_text(errno));
  }
  return {};
}

Result<void> allow_ports(const Fd& ruleset, const Grants& grants) {
  if (grants.connect_port) {
    const PortRule rule{connect_tcp, *grants.connect_port};
    if (add_rule(ruleset, port_rule_type, &rule) != 0) {
      return fail(ExitCode::os_error, "cannot confine connections: " + error_text(errno));
    }
  }
  if (grants.bind_source) {
    const PortRule rule{bind_tcp, 0};  // "any port": what a source address without a port asks for
    if (add_rule(ruleset, port_rule_type, &rule) != 0) {
      return fail(ExitCode::os_error, "cannot confine local addresses: " + error_text(errno));
    }
  }
  return {};
}

}  // namespace

int landlock_abi() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, create_version_flag);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

Result<void> restrict_with_landlock(const Grants& grants, bool any_port, bool has_children) {
  const int abi = landlock_abi();
  if (abi == 0) return {};
  const bool confine_ports = abi >= 4 && !any_port;
  // The signal that children get when their parent dies counts as sent by the parent: scoped, it would not arrive
  // (seen with ABI 7). The parent's call filter knows no kill(2) anyway.
  const std::uint64_t scope = has_children ? scope_abstract_sockets : scope_abstract_sockets | scope_signals;
  const RulesetAttributes attributes{all_file_access(abi), confine_ports ? bind_tcp | connect_tcp : 0,
                                     abi >= 6 ? scope : 0};
  const std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  const Fd ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0U)));
  if (!ruleset.is_open()) return fail(ExitCode::os_error, "cannot make a Landlock ruleset: " + error_text(errno));
  for (const PathGrant& grant : grants.paths) TRY(allow_path(ruleset, grant));
  if (confine_ports) TRY(allow_ports(ruleset, grants));
  if (syscall(SYS_landlock_restrict_self, ruleset.number(), 0U) != 0) {
    return fail(ExitCode::os_error, "cannot enter the Landlock sandbox: " + error_text(errno));
  }
  return {};
}

}  // namespace msmtp
