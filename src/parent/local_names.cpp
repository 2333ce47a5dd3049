// What this machine calls the user and itself.
#include "parent/local_names.hpp"

#include "common/fd.hpp"
#include "common/lesser_user.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <pwd.h>
#include <string_view>
#include <unistd.h>

namespace msmtp {

namespace {

constexpr std::size_t max_mail_name = 255;

std::optional<std::string> if_not_empty(const char* text) {
  if (text == nullptr || *text == '\0') return std::nullopt;
  return text;
}

const passwd* real_user() {
  return getpwuid(getuid());
}

// The file's first bytes, as many as a mail name may have and its line end.
Result<std::string> read_beginning(const std::string& file) {
  const auto fd = TRY(open_for_reading(file));
  std::array<char, max_mail_name + 2> buffer = {};
  std::size_t size = 0;
  while (size < buffer.size()) {
    const auto count = read(fd.number(), buffer.data() + size, buffer.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(ExitCode::config, file + ": " + error_text(errno));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  return std::string(buffer.data(), size);
}

}  // namespace

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string local_user_name() {
  for (const char* variable : {"USER", "LOGNAME"}) {
    if (const auto name = if_not_empty(std::getenv(variable))) return *name;
  }
  if (const auto name = if_not_empty(getlogin())) return *name;
  const auto* user = real_user();
  return user == nullptr ? "unknown" : if_not_empty(user->pw_name).value_or("unknown");
}

std::string local_host_name() {
  if (const auto name = if_not_empty(std::getenv("HOSTNAME"))) return *name;
  std::array<char, 256> buffer = {};
  if (gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
  return if_not_empty(buffer.data()).value_or("localhost");
}

std::string passwd_home_directory() {
  const auto* user = real_user();
  return user == nullptr ? "" : if_not_empty(user->pw_dir).value_or("");
}

HomeFacts home_facts() {
  HomeFacts facts{environment_variable("HOME"), environment_variable("XDG_CONFIG_HOME"), {}, geteuid(), is_set_id()};
  if (!facts.home || facts.is_set_id) facts.passwd_home = passwd_home_directory();
  return facts;
}

Result<std::string> read_mail_name(const std::string& file) {
  auto beginning = read_beginning(file);
  if (!beginning) return fail(ExitCode::config, beginning.error().text);
  std::string_view line = *beginning;
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return fail(ExitCode::config, file + ": no mail name in its first line");
  return std::string(line.substr(0, max_mail_name));
}

}  // namespace msmtp
