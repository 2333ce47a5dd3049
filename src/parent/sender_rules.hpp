// What msmtpd grants whom it knows by uid: clients of a unix socket.
#pragma once

#include "common/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msmtp {

// --allow-user and --allow-group. Without any, whoever can connect is served. Root and the user that msmtpd runs as
// need no rule.
struct AllowRules {
  std::vector<std::uint32_t> users;
  std::vector<std::uint32_t> groups;

  bool empty() const { return users.empty() && groups.empty(); }
};

// One --from=WHO:ADDRESS.
struct SenderRule {
  std::optional<std::uint32_t> user;  // nothing: any ("*")
  std::string address;                // "%U" in it is the client's login name
};

// WHO is a login name, a number, or "*"; the name is looked up at once. EX_USAGE for what is no rule, EX_NOUSER for a
// name that nobody has.
Result<SenderRule> parse_sender_rule(std::string_view text);
Result<std::uint32_t> parse_user(std::string_view text);
Result<std::uint32_t> parse_group(std::string_view text);

// Whether a client with these ids is served; its further groups are looked up in the system's group database, for the
// kernel tells only one.
bool is_allowed(const AllowRules& rules, std::uint32_t user, std::uint32_t group);

// The envelope sender that USER has to have: of the first rule that fits. Nothing when there is none. EX_NOUSER when
// the rule wants the login name and USER has none.
Result<std::optional<std::string>> forced_sender(const std::vector<SenderRule>& rules, std::uint32_t user);

}  // namespace msmtp
