// Who may use msmtpd's unix socket, and with which envelope sender.
#include "parent/sender_rules.hpp"

#include <catch2/catch.hpp>

#include <grp.h>
#include <pwd.h>
#include <string>
#include <unistd.h>

using namespace msmtp;

namespace {

constexpr std::uint32_t nobody_has_it = 4'000'000'001;

ExitCode user_error(std::string_view text) {
  const auto user = parse_user(text);
  return user ? ExitCode::ok : user.error().code;
}

ExitCode rule_error(std::string_view text) {
  const auto rule = parse_sender_rule(text);
  return rule ? ExitCode::ok : rule.error().code;
}

std::vector<SenderRule> rules(std::initializer_list<std::string_view> texts) {
  std::vector<SenderRule> parsed;
  for (const auto text : texts) parsed.push_back(parse_sender_rule(text).value());
  return parsed;
}

// A user of this machine, not root and not this process's, who is in a group that is not the user's own.
struct Member {
  std::uint32_t user;
  std::uint32_t group;
};

std::optional<Member> some_member() {
  std::optional<Member> found;
  setgrent();
  while (const group* entry = getgrent()) {
    if (entry->gr_mem == nullptr || entry->gr_mem[0] == nullptr) continue;
    const passwd* user = getpwnam(entry->gr_mem[0]);
    if (user == nullptr || user->pw_uid == 0 || user->pw_uid == geteuid() || user->pw_gid == entry->gr_gid) continue;
    found = Member{user->pw_uid, entry->gr_gid};
    break;
  }
  endgrent();
  return found;
}

}  // namespace

TEST_CASE("users and groups are names of this machine or numbers") {
  CHECK(parse_user("root").value() == 0);
  CHECK(parse_user("0").value() == 0);
  CHECK(parse_user("4294967294").value() == 4294967294);
  const group* first = getgrgid(0);
  REQUIRE(first != nullptr);
  CHECK(parse_group(std::string(first->gr_name)).value() == 0);
  CHECK(parse_group("12345").value() == 12345);
}

TEST_CASE("a name that nobody has, and what is neither name nor number, have codes of their own") {
  CHECK(user_error("no-such-user-here") == ExitCode::no_user);
  CHECK(user_error("-1") == ExitCode::no_user);
  CHECK(user_error("*") == ExitCode::no_user);
  CHECK(user_error("") == ExitCode::usage);
  CHECK(user_error("4294967295") == ExitCode::usage);
  CHECK(user_error("99999999999999999999999999") == ExitCode::usage);
  REQUIRE_FALSE(parse_group("no-such-group-here"));
  CHECK(parse_group("no-such-group-here").error().code == ExitCode::no_user);
  CHECK(parse_group("no-such-group-here").error().text == "there is no group 'no-such-group-here'");
}

TEST_CASE("a sender rule is a user and an address") {
  const auto rule = parse_sender_rule("0:root+a:b@example.org").value();
  CHECK(rule.user == 0U);
  CHECK(rule.address == "root+a:b@example.org");
  CHECK_FALSE(parse_sender_rule("*:%U@example.org").value().user.has_value());
  CHECK(rule_error("root@example.org") == ExitCode::usage);
  CHECK(rule_error("root:") == ExitCode::usage);
  CHECK(rule_error(":a@b") == ExitCode::usage);
  CHECK(rule_error("*:<a@b>") == ExitCode::usage);
  CHECK(rule_error("*:a%@b") == ExitCode::usage);
  CHECK(rule_error("no-such-user-here:a@b") == ExitCode::no_user);
}

TEST_CASE("the first rule that fits gives the sender") {
  const auto some = rules({"7:seven@b", "8:eight@b", "7:other@b"});
  CHECK(forced_sender(some, 7).value() == "seven@b");
  CHECK(forced_sender(some, 8).value() == "eight@b");
  CHECK_FALSE(forced_sender(some, 9).value().has_value());
  CHECK_FALSE(forced_sender({}, 7).value().has_value());
  const auto any = rules({"7:seven@b", "*:100%%@b"});
  CHECK(forced_sender(any, 7).value() == "seven@b");
  CHECK(forced_sender(any, nobody_has_it).value() == "100%@b");
}

TEST_CASE("a rule that wants the login name refuses whom the system knows by no name") {
  const auto named = rules({"*:%U@b"});
  CHECK(forced_sender(named, 0).value() == std::string(getpwuid(0)->pw_name) + "@b");
  REQUIRE_FALSE(forced_sender(named, nobody_has_it));
  CHECK(forced_sender(named, nobody_has_it).error().code == ExitCode::no_user);
}

TEST_CASE("without rules everybody is served, and with them whom they name, root and msmtpd's own user") {
  CHECK(is_allowed({}, nobody_has_it, nobody_has_it));
  const AllowRules users{{7}, {}};
  CHECK(is_allowed(users, 7, nobody_has_it));
  CHECK(is_allowed(users, 0, nobody_has_it));
  CHECK(is_allowed(users, geteuid(), nobody_has_it));
  CHECK_FALSE(is_allowed(users, 8, 7));
  const AllowRules groups{{}, {7}};
  CHECK(is_allowed(groups, nobody_has_it, 7));
  CHECK_FALSE(is_allowed(groups, nobody_has_it, 8));
  CHECK_FALSE(is_allowed(groups, nobody_has_it, nobody_has_it));
}

TEST_CASE("a group serves its members too, not only whom the kernel shows with it") {
  const auto member = some_member();
  if (!member) {
    WARN("skipped: no group of this machine has another member than its own user");
    return;
  }
  CHECK(is_allowed({{}, {member->group}}, member->user, nobody_has_it));
  CHECK_FALSE(is_allowed({{}, {nobody_has_it}}, member->user, nobody_has_it - 1));
}
