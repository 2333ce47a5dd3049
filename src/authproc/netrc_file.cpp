// Reading a netrc file into memory that is wiped.
#include "authproc/netrc_file.hpp"

#include "authproc/netrc.hpp"
#include "common/child_log.hpp"
#include "common/fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr std::size_t largest_netrc = 1024 * 1024;

// O_NONBLOCK: a FIFO of that name must not hold us up.
Fd open_quietly(const std::string& path) {
  return Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

bool is_worth_a_warning(int reason, NetrcOwner owner) {
  return owner == NetrcOwner::user && reason != ENOENT && reason != ENOTDIR;
}

Result<Secret> read_whole(const Fd& file, const std::string& path) {
  Secret text = Secret::with_capacity(largest_netrc + 1);
  for (;;) {
    const ssize_t count = read(file.number(), text.spare(), text.spare_size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ExitCode::io_error, path + ": " + error_text(errno));
    if (count == 0) return text;
    text.grow_by(static_cast<std::size_t>(count));
    if (text.size() > largest_netrc) return fail(ExitCode::config, path + ": is larger than 1 MiB");
  }
}

Result<void> check_privacy(const struct stat& file, const std::string& path) {
  if (geteuid() == 0) return {};
  if (file.st_uid != geteuid()) return fail(ExitCode::config, path + ": contains a password and must be owned by you");
  if ((file.st_mode & (S_IXUSR | S_IRWXG | S_IRWXO)) == 0) return {};
  return fail(ExitCode::config, path + ": contains a password and must be readable by you alone (chmod 600)");
}

}  // namespace

Result<std::optional<Secret>> search_netrc_file(const std::string& path, NetrcOwner owner, std::string_view machine,
                                                std::string_view login) {
  const Fd file = open_quietly(path);
  struct stat facts {};
  if (!file.is_open() || fstat(file.number(), &facts) != 0) {
    if (is_worth_a_warning(errno, owner)) log_warning("cannot read " + path + ": " + error_text(errno));
    return std::optional<Secret>();
  }
  if (!S_ISREG(facts.st_mode)) return std::optional<Secret>();
  const Secret text = TRY(read_whole(file, path));
  std::optional<Secret> password = netrc_password(text.reveal(), machine, login);
  if (password && owner == NetrcOwner::user) TRY(check_privacy(facts, path));
  return password;
}

}  // namespace msmtp
