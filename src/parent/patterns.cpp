// The substitution patterns of `from` and `domain`.
#include "parent/patterns.hpp"

#include "common/text.hpp"

#include <initializer_list>

namespace msmtp {

namespace {

// Every PATTERN in TEXT replaced by VALUE; what was put in is not looked at again.
std::string replace_all(std::string_view text, std::string_view pattern, std::string_view value) {
  std::string replaced;
  for (;;) {
    const auto at = text.find(pattern);
    replaced += text.substr(0, at);
    if (at == std::string_view::npos) return replaced;
    replaced += value;
    text.remove_prefix(at + pattern.size());
  }
}

Unexpected too_long(std::string_view text) {
  return fail(ExitCode::config, "too long after the replacement of its patterns: " + std::string(text));
}

struct Substitution {
  std::string_view pattern;
  const std::function<Result<std::string>()>& value;
};

Result<std::string> expand(std::string_view text, std::initializer_list<Substitution> substitutions) {
  std::string expanded(text);
  for (const auto& [pattern, value] : substitutions) {
    if (expanded.find(pattern) == std::string::npos) continue;
    const auto put_in = printable(TRY(value()));
    if (put_in.size() > max_mailbox) return too_long(text);
    expanded = replace_all(expanded, pattern, put_in);
    if (expanded.size() > max_mailbox) return too_long(text);
  }
  return expanded;
}

Result<std::string> sender_of_user(const Account& account, const PatternValues& values) {
  auto sender = printable(TRY(values.user()));
  if (account.maildomain && !account.maildomain->empty()) sender += "@" + *account.maildomain;
  return sender;
}

}  // namespace

Result<std::string> expand_sender(std::string_view text, const PatternValues& values) {
  const std::function<Result<std::string>()> mail_sender = [&]() -> Result<std::string> {
    return values.mail_sender.value_or("%F");
  };
  return expand(text, {{"%M", values.mail_name},
                       {"%U", values.user},
                       {"%C", values.canonical_host},
                       {"%H", values.host},
                       {"%F", mail_sender}});
}

Result<std::string> expand_domain(std::string_view text, const PatternValues& values) {
  auto domain = TRY(expand(text, {{"%M", values.mail_name}, {"%C", values.canonical_host}, {"%H", values.host}}));
  if (domain.size() > max_host) return too_long(text);
  return domain;
}

Result<void> apply_patterns(Account& account, const PatternValues& values) {
  account.domain = TRY(expand_domain(account.domain, values));
  if (account.from) account.from = TRY(expand_sender(*account.from, values));
  if (account.auto_from) account.from = TRY(sender_of_user(account, values));
  return {};
}

}  // namespace msmtp
