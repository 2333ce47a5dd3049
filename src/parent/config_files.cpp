// Which configuration files there are, how they are read, and what they give together.
#include "parent/config_files.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace msmtp {

namespace {

constexpr std::size_t first_capacity = 16 * 1024;

bool exists(const std::string& file) {
  struct stat status = {};
  return stat(file.c_str(), &status) == 0;
}

// Where the XDG base directory specification puts it; a variable that is set counts even when empty.
std::string xdg_config_file(const HomeFacts& facts) {
  const bool use_variable = facts.xdg_config_home && !facts.is_set_id;
  return (use_variable ? *facts.xdg_config_home : home_directory(facts) + "/.config") + "/msmtp/config";
}

struct OpenedFile {
  Fd fd;
  std::string reason;  // why it is not open
};

OpenedFile open_config_file(const std::string& file) {
  auto opened = open_for_reading(file);
  if (opened) return {std::move(*opened), {}};
  std::string_view reason = opened.error().text;
  if (reason.starts_with(file + ": ")) reason.remove_prefix(file.size() + 2);
  return {{}, std::string(reason)};
}

// One file's part of load_config(), with what it needs to know.
struct FileJob {
  const OpenedFile& opened;
  const std::string& file;
  std::string_view kind;  // "system" or "user"
  bool check_secrets;
  std::vector<std::string>& notes;
};

Result<std::vector<Account>> load_file(const FileJob& job, const ConfigRequest& request, LoadedConfig& loaded) {
  const std::string subject = std::string(job.kind) + " configuration file " + job.file;
  if (!job.opened.fd.is_open()) {
    job.notes.push_back("ignoring " + subject + ": " + job.opened.reason);
    return std::vector<Account>();
  }
  const Secret bytes = TRY(read_config_file(job.opened.fd, job.file));
  const auto home = home_directory(request.facts);
  auto config = TRY(parse_config(bytes.reveal(), {job.file, home, request.run_command}));
  if (job.check_secrets && config.has_password) {
    TRY(check_secret_file(job.opened.fd, job.file, request.facts.effective_user));
  }
  job.notes.push_back("loaded " + subject);
  loaded.files.push_back(job.file);
  return std::move(config.accounts);
}

bool has_account(const std::vector<Account>& accounts, std::string_view name) {
  return std::ranges::find(accounts, name, &Account::name) != accounts.end();
}

}  // namespace

std::string home_directory(const HomeFacts& facts) {
  if (facts.home && !facts.is_set_id) return *facts.home;
  return facts.passwd_home;
}

std::string user_config_file(const HomeFacts& facts, const std::optional<std::string>& given) {
  if (given) return *given;
  auto usual = home_directory(facts) + "/.msmtprc";
  if (exists(usual)) return usual;
  auto other = xdg_config_file(facts);
  return exists(other) ? other : usual;
}

Result<Secret> read_config_file(const Fd& fd, const std::string& file) {
  auto bytes = Secret::with_capacity(first_capacity);
  for (;;) {
    if (bytes.spare_size() == 0) bytes.reserve(bytes.size() + 1);
    const auto count = read(fd.number(), bytes.spare(), bytes.spare_size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ExitCode::io_error, file + ": " + error_text(errno));
    if (count == 0) return bytes;
    bytes.grow_by(static_cast<std::size_t>(count));
    if (bytes.size() > max_config_file) {
      return fail(ExitCode::io_error, file + ": larger than " + std::to_string(max_config_file) + " bytes");
    }
  }
}

Result<void> check_secret_file(const Fd& fd, const std::string& file, uid_t effective_user) {
  if (effective_user == 0) return {};
  struct stat status = {};
  if (fstat(fd.number(), &status) != 0) return fail(ExitCode::io_error, file + ": " + error_text(errno));
  if (status.st_uid != effective_user) {
    return fail(ExitCode::config, file + ": contains secrets and therefore must be owned by you");
  }
  if ((status.st_mode & (S_IXUSR | S_IRWXG | S_IRWXO)) != 0) {
    return fail(ExitCode::config, file +
                                      ": contains secrets and therefore must have no more than user "
                                      "read/write permissions (chmod 600)");
  }
  return {};
}

Result<LoadedConfig> load_config(const ConfigRequest& request, std::vector<std::string>& notes) {
  LoadedConfig loaded;
  const auto system = open_config_file(request.system_file);
  if (request.give_up_rights) TRY(request.give_up_rights());
  auto system_accounts = TRY(load_file({system, request.system_file, "system", false, notes}, request, loaded));
  const auto user = open_config_file(request.user_file);
  if (!user.fd.is_open() && request.user_file_given) {
    return fail(ExitCode::io_error, request.user_file + ": " + user.reason);
  }
  auto user_accounts = TRY(load_file({user, request.user_file, "user", true, notes}, request, loaded));
  for (auto& account : system_accounts) {
    if (!has_account(user_accounts, account.name)) loaded.accounts.push_back(std::move(account));
  }
  for (auto& account : user_accounts) loaded.accounts.push_back(std::move(account));
  return loaded;
}

}  // namespace msmtp
