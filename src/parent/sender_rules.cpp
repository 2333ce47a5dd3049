// What msmtpd grants whom it knows by uid.
#include "parent/sender_rules.hpp"

#include "common/fd.hpp"
#include "common/text.hpp"
#include "parent/sender_pattern.hpp"

#include <algorithm>
#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

namespace msmtp {

namespace {

// The largest number that setuid(2) and its like take: the next one means "unchanged" to them.
constexpr std::uint64_t max_id = 0xfffffffe;
constexpr std::size_t max_groups = 65'536;  // Linux's NGROUPS_MAX

// What a look-up that found nothing left in errno. POSIX wants 0, but these occur as well (getpwnam(3)).
bool is_just_not_there(int error) {
  return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

Unexpected not_found(std::string_view kind, std::string_view name, int error) {
  const std::string who = std::string(kind) + " '" + std::string(name.substr(0, 80)) + "'";
  if (is_just_not_there(error)) return fail(ExitCode::no_user, "there is no " + who);
  return fail(ExitCode::os_error, "cannot look up " + who + ": " + error_text(error));
}

Result<std::optional<std::uint32_t>> parse_number(std::string_view kind, std::string_view text) {
  if (text.empty()) return fail(ExitCode::usage, "no " + std::string(kind) + " is named");
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::optional<std::uint32_t>();
  const auto number = parse_decimal(text, max_id);
  if (!number)
    return fail(ExitCode::usage,
                "'" + std::string(text.substr(0, 80)) + "' is too large for a number of a user or group");
  return std::optional(static_cast<std::uint32_t>(*number));
}

// An entry of the user database, as a value: the library overwrites its own with the next question.
struct User {
  std::string name;
  gid_t group;
};

Result<User> find_user(std::uint32_t number) {
  errno = 0;
  const passwd* entry = getpwuid(number);
  if (entry == nullptr) return not_found("user", std::to_string(number), errno);
  return User{entry->pw_name, entry->pw_gid};
}

std::vector<gid_t> groups_of(const User& user) {
  for (std::size_t room = 64;; room *= 2) {
    std::vector<gid_t> groups(room);
    int count = static_cast<int>(room);
    if (getgrouplist(user.name.c_str(), user.group, groups.data(), &count) >= 0) {
      groups.resize(static_cast<std::size_t>(count));
      return groups;
    }
    if (room >= max_groups) return groups;
  }
}

}  // namespace

Result<std::uint32_t> parse_user(std::string_view text) {
  if (const auto number = TRY(parse_number("user", text))) return *number;
  errno = 0;
  const passwd* entry = getpwnam(std::string(text).c_str());
  if (entry == nullptr) return not_found("user", text, errno);
  return entry->pw_uid;
}

Result<std::uint32_t> parse_group(std::string_view text) {
  if (const auto number = TRY(parse_number("group", text))) return *number;
  errno = 0;
  const group* entry = getgrnam(std::string(text).c_str());
  if (entry == nullptr) return not_found("group", text, errno);
  return entry->gr_gid;
}

Result<SenderRule> parse_sender_rule(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    return fail(ExitCode::usage, "'" + std::string(text.substr(0, 80)) + "' is not of the form USER:ADDRESS");
  }
  const std::string_view who = text.substr(0, colon);
  SenderRule rule;
  rule.address = text.substr(colon + 1);
  TRY(check_sender_pattern(rule.address));
  if (who != "*") rule.user = TRY(parse_user(who));
  return rule;
}

bool is_allowed(const AllowRules& rules, std::uint32_t user, std::uint32_t group) {
  if (rules.empty() || user == 0 || user == geteuid()) return true;
  const auto names_group = [&](gid_t one) { return std::ranges::find(rules.groups, one) != rules.groups.end(); };
  if (std::ranges::find(rules.users, user) != rules.users.end() || names_group(group)) return true;
  if (rules.groups.empty()) return false;
  const auto known = find_user(user);
  return known && std::ranges::any_of(groups_of(*known), names_group);
}

Result<std::optional<std::string>> forced_sender(const std::vector<SenderRule>& rules, std::uint32_t user) {
  const auto rule = std::ranges::find_if(rules, [&](const SenderRule& one) { return one.user.value_or(user) == user; });
  if (rule == rules.end()) return std::optional<std::string>();
  // A number needs no entry in the user database, as long as nothing asks for its name.
  if (!wants_login_name(rule->address)) return std::optional(TRY(fill_sender_pattern(rule->address, "x")));
  const auto known = TRY(find_user(user));
  return std::optional(TRY(fill_sender_pattern(rule->address, known.name)));
}

}  // namespace msmtp
